package io.plumbline.runtime.engine;

import io.plumbline.port.driver.EngineDriver;

/** The maker of the driver of one configured engine. The kind of engine is known only to it. */
public interface DriverFactory {

    /** Returns the engine's name in the configuration. */
    String name();

    /** Returns the driver, not started. The engine need not be reachable. */
    EngineDriver open(DriverSetup setup);
}
