package io.plumbline.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Small images made on an engine from this machine's static busybox, without any registry. Each is
 * 2 MB and made once; {@link #close} removes them. All services listen on 8080 unless said
 * otherwise.
 */
public final class TestImages implements AutoCloseable {
    private static final Path BUSYBOX = Path.of("/bin/busybox");

    /** A web server that ends at once at TERM: pid 1 has no default handlers. */
    private static final String SERVE =
            "trap 'kill $p; exit 0' TERM; httpd -f -p 8080 -h /www & p=$!; ";

    private final TestEngine engine;
    private final String prefix = Workshop.name("t");
    private final Set<String> made = new LinkedHashSet<>();

    public TestImages(TestEngine engine) {
        this.engine = engine;
    }

    /** Only busybox, for {@code probe.image}. */
    public String busybox() {
        return image("busybox", root(), "CMD [\"/bin/sh\"]");
    }

    /** Serves its version at {@code /} and {@code ok} at {@code /healthz}. */
    public String web(String version) {
        return served("web:" + version, version, true, "wait $p");
    }

    /** Serves its version at {@code /}, and 404 at {@code /healthz}. */
    public String neverHealthy(String version) {
        return served("never-healthy:" + version, version, false, "wait $p");
    }

    /** Serves and is healthy, and exits with 3 as soon as somebody makes the file {@code /die}. */
    public String diesWhenTold(String version) {
        return served(
                "dies-when-told:" + version,
                version,
                true,
                "while [ ! -e /die ]; do sleep 0.2 & wait $!; done; kill $p; exit 3");
    }

    /** The engine refuses to start it: its command does not exist. */
    public String cannotStart(String version) {
        return image(
                "cannot-start:" + version,
                root().file("version", 0644, version),
                "CMD [\"/no/such/program\"]");
    }

    /** Starts and exits at once with {@code code}. */
    public String exits(int code) {
        return shell("exits:" + code, "exit " + code);
    }

    /** Asks for memory until the kernel ends it; give it a limit. */
    public String eatsMemory() {
        return shell("eats-memory:1", "a=xxxxxxxx; while :; do a=$a$a; done");
    }

    /** Like {@link #web}, but takes no notice of TERM: only KILL ends it. */
    public String ignoresTerm(String version) {
        return image(
                "ignores-term:" + version,
                page(version, true),
                command(
                        "trap '' TERM; httpd -f -p 8080 -h /www & p=$!; while :; do wait $p; done"));
    }

    /**
     * Like {@link #web}, but holds one program and no shell. It is pid 1 without handlers: give it
     * a short {@code stopGracePeriod}.
     */
    public String withoutShell(String version) {
        return image(
                "no-shell:" + version,
                new Tar()
                        .file("httpd", 0755, busyboxBytes())
                        .folder("www")
                        .file("www/index.html", 0644, version)
                        .file("www/healthz", 0644, "ok"),
                "CMD [\"/httpd\", \"-f\", \"-p\", \"8080\", \"-h\", \"/www\"]");
    }

    /** Like {@link #web}, with a HEALTHCHECK of the image's own (every second). */
    public String withHealthcheck(String version) {
        var base = web(version);
        var tag = prefix + "/own-health:" + version;
        engine.dockerIn(
                """
                FROM %s
                HEALTHCHECK --interval=1s --timeout=20s --retries=3 CMD ["/bin/busybox", "timeout", "20", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/healthz"]
                """
                        .formatted(base)
                        .getBytes(StandardCharsets.UTF_8),
                "build",
                "-q",
                "-t",
                tag,
                "-");
        made.add(tag);
        return tag;
    }

    /** Any shell command as the image's own, run by {@code /bin/sh -c}. */
    public String shell(String nameAndTag, String script) {
        return image(nameAndTag, root(), command(script));
    }

    private String served(String nameAndTag, String version, boolean healthy, String until) {
        return image(nameAndTag, page(version, healthy), command(SERVE + until));
    }

    private static Tar page(String version, boolean healthy) {
        var root = root().folder("www").file("www/index.html", 0644, version);
        return healthy ? root.file("www/healthz", 0644, "ok") : root;
    }

    private static String command(String script) {
        return "CMD [\"/bin/sh\", \"-c\", \"%s\"]"
                .formatted(script.replace("\\", "\\\\").replace("\"", "\\\""));
    }

    private static Tar root() {
        var root =
                new Tar()
                        .folder("bin")
                        .file("bin/busybox", 0755, busyboxBytes())
                        .folder("etc")
                        .file("etc/passwd", 0644, "root:x:0:0:root:/:/bin/sh\n")
                        .folder("tmp");
        for (var name :
                new String[] {
                    "sh", "httpd", "sleep", "wget", "timeout", "cat", "ls", "env", "id"
                }) {
            root.link("bin/" + name, "busybox");
        }
        return root;
    }

    private String image(String nameAndTag, Tar root, String change) {
        var tag = prefix + "/" + nameAndTag;
        if (made.add(tag)) {
            engine.dockerIn(
                    root.bytes(),
                    "import",
                    "--change",
                    "ENV PATH=/bin",
                    "--change",
                    change,
                    "-",
                    tag);
        }
        return tag;
    }

    private static byte[] busyboxBytes() {
        try {
            return Files.readAllBytes(BUSYBOX);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    BUSYBOX + " is needed: install Debian's busybox-static", e);
        }
    }

    @Override
    public void close() {
        for (var tag : made) {
            engine.tryDocker("rmi", "-f", tag);
        }
        made.clear();
    }
}
