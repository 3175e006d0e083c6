package io.plumbline.port;

import io.plumbline.core.placement.Cordon;
import java.util.Map;

/** Which engines operators took out of use. Kept over restarts. Safe for use by several threads. */
public interface Cordons {

    /** All of them, by the engine's name. */
    Map<String, Cordon> all();

    /** Takes an engine out of use, or changes how. */
    void put(String engine, Cordon cordon);

    /** Takes it into use again. */
    void lift(String engine);
}
