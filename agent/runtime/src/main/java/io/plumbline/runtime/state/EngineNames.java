package io.plumbline.runtime.state;

import java.util.HashMap;
import java.util.Map;

/**
 * The names of the pipelines on the engines. A renamed pipeline keeps its first name there, because
 * labels of a running container cannot change. Safe for several threads.
 */
public final class EngineNames {
    private final Map<String, String> byPipeline = new HashMap<>();
    private final Map<String, String> byEngineName = new HashMap<>();

    /**
     * Gives a pipeline a name on the engines, which replaces the one that it had.
     *
     * @return whether the pipeline has the name now; false if it belongs to another pipeline
     */
    public synchronized boolean claim(String pipeline, String engineName) {
        var owner = byEngineName.get(engineName);
        if (owner != null && !owner.equals(pipeline)) {
            return false;
        }
        release(pipeline);
        byPipeline.put(pipeline, engineName);
        byEngineName.put(engineName, pipeline);
        return true;
    }

    /** Renames a pipeline; its name on the engines stays. */
    public synchronized void rename(String from, String to) {
        var engineName = byPipeline.getOrDefault(from, from);
        release(from);
        release(to);
        byPipeline.put(to, engineName);
        byEngineName.put(engineName, to);
    }

    /** Releases the name of a removed pipeline. */
    public synchronized void release(String pipeline) {
        var engineName = byPipeline.remove(pipeline);
        if (engineName != null) {
            byEngineName.remove(engineName);
        }
    }

    /**
     * Returns the pipeline of a name on the engines. A name without a claim belongs to the pipeline
     * of the same name.
     */
    public synchronized String pipeline(String engineName) {
        return byEngineName.getOrDefault(engineName, engineName);
    }

    /**
     * Returns a pipeline's name on the engines; empty if its own name belongs to another pipeline.
     */
    public synchronized String of(String pipeline) {
        var engineName = byPipeline.get(pipeline);
        if (engineName != null) {
            return engineName;
        }
        return byEngineName.containsKey(pipeline) ? "" : pipeline;
    }
}
