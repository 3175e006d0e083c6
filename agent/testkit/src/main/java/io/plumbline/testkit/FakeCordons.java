package io.plumbline.testkit;

import io.plumbline.core.placement.Cordon;
import io.plumbline.port.Cordons;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** Cordons in memory. */
public final class FakeCordons implements Cordons {
    private final Map<String, Cordon> all = new ConcurrentSkipListMap<>();

    @Override
    public Map<String, Cordon> all() {
        return Map.copyOf(all);
    }

    @Override
    public void put(String engine, Cordon cordon) {
        all.put(engine, cordon);
    }

    @Override
    public void lift(String engine) {
        all.remove(engine);
    }
}
