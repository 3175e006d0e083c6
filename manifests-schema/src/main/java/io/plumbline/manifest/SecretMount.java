package io.plumbline.manifest;

/** A secret that a service uses. The manifest names it; the agent knows the value. */
public sealed interface SecretMount {

    /** The secret's name in the agent's store. */
    String name();

    /** Where it goes: a path or a variable's name. */
    String target();

    /**
     * As a file in the container's own file system.
     *
     * @param name the secret's name
     * @param target absolute path
     * @param mode default 0400
     * @param uid default 0
     * @param gid default 0
     */
    record AsFile(String name, String target, int mode, int uid, int gid) implements SecretMount {}

    /**
     * As an environment variable; whoever may use the engine's socket can read it.
     *
     * @param name the secret's name
     * @param target the variable
     */
    record AsEnv(String name, String target) implements SecretMount {}
}
