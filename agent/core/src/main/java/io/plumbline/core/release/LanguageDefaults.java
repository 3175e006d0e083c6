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
 * The defaults that the canonical form omits. A reader of that form inserts them for absent keys.
 * They never change within a version of the hash ({@code v1}): a new default needs a new version.
 */
public final class LanguageDefaults {

    /** Default of {@code ports[].protocol}. */
    public static final Port.Protocol PROTOCOL = Port.Protocol.TCP;

    /** Default of {@code ports[].hostIp}. */
    public static final String HOST_IP = "0.0.0.0";

    /** Default of {@code files[].mode}. */
    public static final int FILE_MODE = 0444;

    /** Default of {@code secrets[].mode}. */
    public static final int SECRET_MODE = 0400;

    /** Default of {@code uid} and {@code gid} of files and secrets. */
    public static final int OWNER = 0;

    /** Default of {@code healthcheck.interval}. */
    public static final Duration CHECK_INTERVAL = Duration.ofSeconds(30);

    /** Default of {@code healthcheck.timeout}. */
    public static final Duration CHECK_TIMEOUT = Duration.ofSeconds(5);

    /** Default of {@code healthcheck.retries}. */
    public static final int CHECK_RETRIES = 3;

    /** Default of {@code healthcheck.startPeriod}. */
    public static final Duration CHECK_START_PERIOD = Duration.ZERO;

    /** Default of {@code stopGracePeriod}. */
    public static final Duration STOP_GRACE_PERIOD = Duration.ofSeconds(10);

    /** Default of {@code restart}. */
    public static final RestartPolicy RESTART = RestartPolicy.UNLESS_STOPPED;

    /** Default of {@code pull}. */
    public static final PullPolicy PULL = PullPolicy.MISSING;

    /** Default of {@code replicas}. */
    public static final int REPLICAS = 1;

    /** Default of {@code drift}. */
    public static final DriftMode DRIFT = DriftMode.ENFORCE;

    /** Default of {@code rollout}. */
    public static final Rollout ROLLOUT = Rollout.DEFAULT;

    /** Default of {@code placement}. */
    public static final Placement PLACEMENT = Placement.DEFAULT;

    /** Default of {@code images}. */
    public static final Images IMAGES = Images.DEFAULT;

    private LanguageDefaults() {}
}
