package io.plumbline.runtime;

import java.util.HashMap;
import java.util.Map;

/**
 * Which pipeline each name on the engines belongs to. A pipeline keeps its first name there when it
 * is renamed: labels of a running container cannot change. Safe for several threads.
 */
final class EngineNames {
    private final Map<String, String> byPipeline = new HashMap<>();
    private final Map<String, String> byEngineName = new HashMap<>();

    /**
     * Gives a pipeline a name on the engines, in place of the one that it had.
     *
     * @return whether it is the pipeline's now; false if it is another one's
     */
    synchronized boolean claim(String pipeline, String engineName) {
        var owner = byEngineName.get(engineName);
        if (owner != null && !owner.equals(pipeline)) {
            return false;
        }
        release(pipeline);
        byPipeline.put(pipeline, engineName);
        byEngineName.put(engineName, pipeline);
        return true;
    }

    /** A pipeline is renamed; its name on the engines stays. */
    synchronized void rename(String from, String to) {
        var engineName = byPipeline.getOrDefault(from, from);
        release(from);
        release(to);
        byPipeline.put(to, engineName);
        byEngineName.put(engineName, to);
    }

    /** A pipeline is gone. */
    synchronized void release(String pipeline) {
        var engineName = byPipeline.remove(pipeline);
        if (engineName != null) {
            byEngineName.remove(engineName);
        }
    }

    /** Whose a name on the engines is; a name that nobody claimed is that pipeline's. */
    synchronized String pipeline(String engineName) {
        return byEngineName.getOrDefault(engineName, engineName);
    }

    /** A pipeline's name on the engines, empty while it has none: its own is another one's. */
    synchronized String of(String pipeline) {
        var engineName = byPipeline.get(pipeline);
        if (engineName != null) {
            return engineName;
        }
        return byEngineName.containsKey(pipeline) ? "" : pipeline;
    }
}
