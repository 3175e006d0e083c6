package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.ImageRef;
import io.plumbline.engine.docker.live.CommandResult;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.LiveConfig.LiveHealthcheck;
import io.plumbline.engine.docker.live.LiveImage;
import io.plumbline.port.PlumblineException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * An image of a {@link FakeEngine} or a {@link FakeRegistry}, and the script of what its containers
 * do. Every {@code with...} and script method changes this object and returns it. What a script
 * says holds for what happens from then on; {@link FakeEngine#healthOf} also changes what runs.
 */
public final class FakeImage {
    private final String reference;
    private final String id;
    private final boolean local;
    private final TreeMap<String, String> env = new TreeMap<>();
    private final TreeMap<String, String> labels = new TreeMap<>();
    private final TreeSet<String> volumes = new TreeSet<>();
    private List<String> entrypoint = List.of();
    private List<String> command = List.of("/bin/main");
    private String user = "";
    private String workingDir = "";
    private String stopSignal = "";
    private @Nullable LiveHealthcheck healthcheck;

    private volatile EngineHealth health = EngineHealth.HEALTHY;
    private volatile @Nullable PlumblineException createFailure;
    private volatile @Nullable PlumblineException startFailure;
    private volatile int exitCode = -1;
    private volatile boolean checksHang;
    private volatile @Nullable ToIntFunction<List<String>> exec;
    private volatile CommandResult failure = new CommandResult(1, "");
    private volatile List<String> prints = List.of();
    private volatile @Nullable FakeJob job;

    FakeImage(String reference, boolean local, int serial) {
        this.reference = reference;
        this.local = local;
        this.id = "sha256:" + hash("config " + reference + " " + serial);
    }

    /** As it was named when it was made, for example {@code app:1}. */
    public String reference() {
        return reference;
    }

    /** {@code sha256:...} of the configuration. */
    public String id() {
        return id;
    }

    /** {@code sha256:...} of the manifest in the registry. */
    public String digest() {
        return "sha256:" + hash("manifest " + id);
    }

    /** How a release names it. */
    public ImageRef ref() {
        return local ? new ImageRef.LocalId(id) : new ImageRef.Digest(repository(), digest());
    }

    /** The reference without its tag. */
    public String repository() {
        int colon = reference.lastIndexOf(':');
        return colon > reference.lastIndexOf('/') ? reference.substring(0, colon) : reference;
    }

    /** Its ENTRYPOINT. */
    public FakeImage withEntrypoint(String... words) {
        entrypoint = List.of(words);
        return this;
    }

    /** Its CMD; {@code /bin/main} unless said. */
    public FakeImage withCommand(String... words) {
        command = List.of(words);
        return this;
    }

    /** An ENV line. */
    public FakeImage withEnv(String name, String value) {
        env.put(name, value);
        return this;
    }

    /** A LABEL line. */
    public FakeImage withLabel(String name, String value) {
        labels.put(name, value);
        return this;
    }

    /** A VOLUME line. */
    public FakeImage withVolume(String target) {
        volumes.add(target);
        return this;
    }

    /** Its USER. */
    public FakeImage withUser(String name) {
        user = name;
        return this;
    }

    /** Its WORKDIR. */
    public FakeImage withWorkingDir(String path) {
        workingDir = path;
        return this;
    }

    /** Its STOPSIGNAL. */
    public FakeImage withStopSignal(String signal) {
        stopSignal = signal;
        return this;
    }

    /** Its HEALTHCHECK. */
    public FakeImage withHealthcheck(LiveHealthcheck check) {
        healthcheck = check;
        return this;
    }

    /**
     * What the health check of its containers says from their start on; unless said: healthy at
     * once. {@code STARTING} leaves them waiting until {@link FakeEngine#healthOf} changes it.
     * Probes by exec answer the same.
     */
    public FakeImage health(EngineHealth says) {
        health = says;
        return this;
    }

    /** Making a container of it fails so, until {@link #worksAgain()}. */
    public FakeImage failCreate(FailureKind kind, String message) {
        createFailure = new PlumblineException(kind, message);
        return this;
    }

    /** Starting a container of it fails so, until {@link #worksAgain()}. */
    public FakeImage failStart(FailureKind kind, String message) {
        startFailure = new PlumblineException(kind, message);
        return this;
    }

    /** Its containers start and end at once with that code. */
    public FakeImage exitsAtStart(int code) {
        exitCode = code;
        return this;
    }

    /** No check in its containers ends in time, those of the engine and those by exec. */
    public FakeImage hangingChecks() {
        checksHang = true;
        return this;
    }

    /** What commands run by exec return; unless said 0 while healthy, else 1. */
    public FakeImage exec(ToIntFunction<List<String>> results) {
        exec = results;
        return this;
    }

    /** What its check answers when it fails, to the engine and to who runs it by exec. */
    public FakeImage checkAnswers(int code, String output) {
        failure = new CommandResult(code, output);
        return this;
    }

    /** Its containers log these lines at each start. */
    public FakeImage prints(String... lines) {
        prints = List.of(lines);
        return this;
    }

    /** Its containers run to their end so; null: until they are stopped, as it is unless said. */
    public FakeImage runs(@Nullable FakeJob does) {
        job = does;
        return this;
    }

    /** Takes back all that was scripted. */
    public FakeImage worksAgain() {
        health = EngineHealth.HEALTHY;
        createFailure = null;
        startFailure = null;
        exitCode = -1;
        checksHang = false;
        exec = null;
        failure = new CommandResult(1, "");
        prints = List.of();
        job = null;
        return this;
    }

    LiveImage live() {
        TreeSet<String> digests = new TreeSet<>();
        if (!local) {
            digests.add(repository() + "@" + digest());
        }
        return new LiveImage(
                id,
                digests,
                entrypoint,
                command,
                new TreeMap<>(env),
                user,
                workingDir,
                new TreeSet<>(),
                new TreeSet<>(volumes),
                healthcheck,
                new TreeMap<>(labels),
                stopSignal);
    }

    EngineHealth health() {
        return health;
    }

    @Nullable PlumblineException createFailure() {
        return createFailure;
    }

    @Nullable PlumblineException startFailure() {
        return startFailure;
    }

    int exitCode() {
        return exitCode;
    }

    boolean checksHang() {
        return checksHang;
    }

    CommandResult exec(List<String> words, EngineHealth now) {
        ToIntFunction<List<String>> scripted = exec;
        if (scripted != null) {
            int code = scripted.applyAsInt(words);
            return new CommandResult(code, code == 0 ? "" : failure.output());
        }
        return now == EngineHealth.HEALTHY ? new CommandResult(0, "") : failure;
    }

    CommandResult checkFailure() {
        return failure;
    }

    @Nullable FakeJob job() {
        return job;
    }

    List<String> prints() {
        return prints;
    }

    static String hash(String text) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
