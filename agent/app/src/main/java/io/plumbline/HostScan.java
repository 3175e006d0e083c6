package io.plumbline;

import io.plumbline.adapter.ssh.HostKeyScan;
import io.plumbline.port.PlumblineException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The program {@code plumb hosts scan HOST[:PORT]...}, which prints the keys of ssh servers for
 * review. It is a separate program, because the command itself is built without an ssh library.
 */
public final class HostScan {
    private static final int USAGE = 2;
    private static final int UNREACHABLE = 4;
    private static final Duration DEADLINE = Duration.ofSeconds(10);
    private static final Pattern PLACE =
            Pattern.compile("([A-Za-z0-9][A-Za-z0-9.-]*)(?::([0-9]{1,5}))?");

    private HostScan() {}

    /** Runs with the arguments {@code hosts scan HOST[:PORT]...}. */
    public static void main(String[] args) {
        if (System.getProperty(AgentLogging.FORM) == null) {
            System.setProperty(AgentLogging.FORM, "TEXT");
        }
        System.exit(run(List.of(args)));
    }

    private static int run(List<String> args) {
        boolean asked =
                args.size() > 2
                        && args.getFirst().equals("hosts")
                        && args.get(1).equals("scan")
                        && args.stream().skip(2).allMatch(a -> PLACE.matcher(a).matches());
        if (!asked) {
            System.err.println("usage: plumb hosts scan HOST[:PORT]...");
            return USAGE;
        }
        int exit = 0;
        for (var place : args.subList(2, args.size())) {
            var m = PLACE.matcher(place);
            if (!m.matches()) {
                continue;
            }
            int port = m.group(2) == null ? 22 : Integer.parseInt(m.group(2));
            try {
                for (var key : new HostKeyScan(DEADLINE).of(m.group(1), port)) {
                    System.out.println("# " + place + " shows " + key.fingerprint());
                    System.out.println(key.line());
                }
            } catch (PlumblineException e) {
                System.err.println("plumb: " + e.getMessage());
                exit = UNREACHABLE;
            }
        }
        System.err.println(
                "Compare the fingerprints with what each host's operator publishes before you put"
                        + " the lines into a knownHosts file.");
        return exit;
    }
}
