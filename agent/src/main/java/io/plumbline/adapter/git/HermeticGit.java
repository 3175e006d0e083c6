package io.plumbline.adapter.git;

import java.util.concurrent.TimeUnit;
import org.eclipse.jgit.lib.Config;
import org.eclipse.jgit.storage.file.FileBasedConfig;
import org.eclipse.jgit.storage.file.WindowCacheConfig;
import org.eclipse.jgit.util.FS;
import org.eclipse.jgit.util.SystemReader;
import org.jspecify.annotations.Nullable;

/**
 * What JGit may know of the machine: nothing of its user. No configuration outside the mirror is
 * read, no environment, no home folder; nothing is written there, and no {@code git} is started to
 * ask it for its configuration.
 */
final class HermeticGit extends SystemReader.Delegate {
    /**
     * JGit measures for seconds how fine a file system's times are. Taking the coarsest spares
     * that: files changed within it are read again, no more.
     */
    private static final long COARSE_TIMES_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final String PROXY_SCHEMES = "jdk.http.auth.tunneling.disabledSchemes";

    private static final Object LOCK = new Object();

    /** Bytes; a larger file is read as a stream and never held in memory as a whole. */
    private static final int LARGE_FILE = 1 << 20;

    private HermeticGit(SystemReader machine) {
        super(machine);
    }

    /** Installs it for the whole process; must come before the first other call to JGit. */
    static void install() {
        synchronized (LOCK) {
            SystemReader present = SystemReader.getInstance();
            if (!(present instanceof HermeticGit)) {
                SystemReader.setInstance(new HermeticGit(present));
                var memory = new WindowCacheConfig();
                memory.setStreamFileThreshold(LARGE_FILE);
                memory.install();
                // Else the JVM would never answer a proxy that wants user and password before it
                // lets us through to a TLS port; only a configured proxy is answered.
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

    /** Is empty and stays so. */
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
