package io.plumbline.core.release;

import io.plumbline.manifest.DriftMode;
import io.plumbline.manifest.Images;
import io.plumbline.manifest.Placement;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.PullPolicy;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.manifest.Rollout;
import java.time.Duration;

/**
 * What the canonical form leaves out because it is what silence means. A reader of that form puts
 * these in where a key is absent. They never change within a version of the hash ({@code v1}): a
 * new default needs a new version.
 */
public final class LanguageDefaults {

    /** Of {@code ports[].protocol}. */
    public static final Port.Protocol PROTOCOL = Port.Protocol.TCP;

    /** Of {@code ports[].hostIp}. */
    public static final String HOST_IP = "0.0.0.0";

    /** Of {@code files[].mode}. */
    public static final int FILE_MODE = 0444;

    /** Of {@code secrets[].mode}. */
    public static final int SECRET_MODE = 0400;

    /** Of {@code uid} and {@code gid} of files and secrets. */
    public static final int OWNER = 0;

    /** Of {@code healthcheck.interval}. */
    public static final Duration CHECK_INTERVAL = Duration.ofSeconds(30);

    /** Of {@code healthcheck.timeout}. */
    public static final Duration CHECK_TIMEOUT = Duration.ofSeconds(5);

    /** Of {@code healthcheck.retries}. */
    public static final int CHECK_RETRIES = 3;

    /** Of {@code healthcheck.startPeriod}. */
    public static final Duration CHECK_START_PERIOD = Duration.ZERO;

    /** Of {@code stopGracePeriod}. */
    public static final Duration STOP_GRACE_PERIOD = Duration.ofSeconds(10);

    /** Of {@code restart}. */
    public static final RestartPolicy RESTART = RestartPolicy.UNLESS_STOPPED;

    /** Of {@code pull}. */
    public static final PullPolicy PULL = PullPolicy.MISSING;

    /** Of {@code replicas}. */
    public static final int REPLICAS = 1;

    /** Of {@code drift}. */
    public static final DriftMode DRIFT = DriftMode.ENFORCE;

    /** Of {@code rollout}. */
    public static final Rollout ROLLOUT = Rollout.DEFAULT;

    /** Of {@code placement}. */
    public static final Placement PLACEMENT = Placement.DEFAULT;

    /** Of {@code images}. */
    public static final Images IMAGES = Images.DEFAULT;

    private LanguageDefaults() {}
}
