package io.plumbline.manifest;

/** A secret of a service. The manifest has its name; the agent's store has the value. */
public sealed interface SecretMount {

    /** Returns the secret's name in the agent's store. */
    String name();

    /** Returns its target: a path or a variable's name. */
    String target();

    /**
     * A secret as a file in the container's own file system.
     *
     * @param name the secret's name
     * @param target absolute path
     * @param mode default 0400
     * @param uid default 0
     * @param gid default 0
     */
    record AsFile(String name, String target, int mode, int uid, int gid) implements SecretMount {}

    /**
     * A secret as an environment variable. Everyone with access to the engine's socket can read it.
     *
     * @param name the secret's name
     * @param target the variable
     */
    record AsEnv(String name, String target) implements SecretMount {}
}
