package io.plumbline.port;

import io.plumbline.core.placement.Cordon;
import java.util.Map;

/** The store of cordons. It survives restarts. Safe for several threads. */
public interface Cordons {

    /** Returns all cordons, by the engine's name. */
    Map<String, Cordon> all();

    /** Cordons an engine, or changes its cordon. */
    void put(String engine, Cordon cordon);

    /** Removes an engine's cordon. */
    void lift(String engine);
}
