package io.plumbline.adapter.git;

import java.util.concurrent.TimeUnit;
import org.eclipse.jgit.lib.Config;
import org.eclipse.jgit.storage.file.FileBasedConfig;
import org.eclipse.jgit.storage.file.WindowCacheConfig;
import org.eclipse.jgit.util.FS;
import org.eclipse.jgit.util.SystemReader;
import org.jspecify.annotations.Nullable;

/**
 * The isolation of JGit from the machine and its user. JGit reads no configuration outside the
 * mirror, no environment and no home folder. It writes nothing there, and starts no {@code git} to
 * read its configuration.
 */
final class HermeticGit extends SystemReader.Delegate {
    /**
     * The coarsest resolution of file times. JGit would measure it for seconds. With this value it
     * only reads again those files that changed within a second.
     */
    private static final long COARSE_TIMES_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final String PROXY_SCHEMES = "jdk.http.auth.tunneling.disabledSchemes";

    private static final Object LOCK = new Object();

    /** Size in bytes; a larger file is read as a stream and never kept in memory as a whole. */
    private static final int LARGE_FILE = 1 << 20;

    private HermeticGit(SystemReader machine) {
        super(machine);
    }

    /** Installs the isolation for the whole process; must come before any other call to JGit. */
    static void install() {
        synchronized (LOCK) {
            SystemReader present = SystemReader.getInstance();
            if (!(present instanceof HermeticGit)) {
                SystemReader.setInstance(new HermeticGit(present));
                var memory = new WindowCacheConfig();
                memory.setStreamFileThreshold(LARGE_FILE);
                memory.install();
                // Without this the JVM never authenticates to a proxy before a TLS tunnel. Only a
                // configured proxy gets credentials.
                if (System.getProperty(PROXY_SCHEMES) == null) {
                    System.setProperty(PROXY_SCHEMES, "");
                }
            }
        }
    }

    @Override
    public String getHostname() {
        return "localhost";
    }

    @Override
    public @Nullable String getenv(String variable) {
        return null;
    }

    @Override
    public @Nullable String getProperty(String key) {
        return key.equals("user.home") ? null : super.getProperty(key);
    }

    @Override
    public FileBasedConfig openUserConfig(@Nullable Config parent, FS fs) {
        var config = new NoConfig(parent, fs);
        // A local remote packs within this process. Deltas of large files would take memory.
        config.setBoolean("pack", null, "deltaCompression", false);
        return config;
    }

    @Override
    public FileBasedConfig openSystemConfig(@Nullable Config parent, FS fs) {
        return new NoConfig(parent, fs);
    }

    @Override
    public FileBasedConfig openJGitConfig(@Nullable Config parent, FS fs) {
        return new NoConfig(parent, fs);
    }

    /** A configuration that is always empty. */
    private static final class NoConfig extends FileBasedConfig {
        NoConfig(@Nullable Config parent, FS fs) {
            super(parent, null, fs);
        }

        @Override
        public void load() {
            // There is no file.
        }

        @Override
        public void save() {
            // There is no file.
        }

        @Override
        public boolean isOutdated() {
            return false;
        }

        @Override
        public long getTimeUnit(
                String section,
                @Nullable String subsection,
                String name,
                long defaultValue,
                TimeUnit wantUnit) {
            return section.equals("filesystem")
                    ? wantUnit.convert(COARSE_TIMES_NANOS, TimeUnit.NANOSECONDS)
                    : super.getTimeUnit(section, subsection, name, defaultValue, wantUnit);
        }
    }
}
