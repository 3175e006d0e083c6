package io.plumbline.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A verb that calls the agent, with the options that say how. */
abstract class AgentVerb implements Callable<Integer> {
    final CliContext around;

    @Option(
            names = "--server",
            paramLabel = "URL",
            description = "The agent's address; the token is in PLUMBLINE_TOKEN.")
    @Nullable String server;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The agent's configuration, to find its address and token.")
    @Nullable Path config;

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            description = "CA certificate that signed the agent's, PEM. If omitted: PLUMBLINE_CA.")
    @Nullable Path ca;

    @Option(
            names = "--cert",
            paramLabel = "FILE",
            description = "Client certificate, PEM. If omitted: PLUMBLINE_CERT.")
    @Nullable Path cert;

    @Option(
            names = "--key",
            paramLabel = "FILE",
            description = "Key of --cert, PEM (PKCS #8). If omitted: PLUMBLINE_KEY.")
    @Nullable Path key;

    AgentVerb(CliContext around) {
        this.around = around;
    }

    AgentClient client() {
        var address =
                AgentAddress.find(
                        server,
                        config,
                        cert != null || !around.variable("PLUMBLINE_CERT").isEmpty(),
                        around);
        return new AgentClient(address, ClientTlsFiles.of(ca, cert, key, address, around));
    }

    void say(String line) {
        around.out().println(line);
        around.out().flush();
    }

    /**
     * Splits {@code PIPELINE/SERVICE}.
     *
     * @throws CliError if the text has another form
     */
    static Target target(String text, boolean serviceNeeded) {
        int slash = text.indexOf('/');
        if (slash < 0 && !serviceNeeded) {
            return new Target(text, null);
        }
        if (slash < 1 || slash == text.length() - 1 || text.indexOf('/', slash + 1) >= 0) {
            throw new CliError(Exit.USAGE, "name it as PIPELINE/SERVICE, for example recsys/serve");
        }
        return new Target(text.substring(0, slash), text.substring(slash + 1));
    }

    /**
     * The target of a verb.
     *
     * @param service null for the whole pipeline
     */
    record Target(String pipeline, @Nullable String service) {
        /** Returns the service; empty for the whole pipeline. */
        String named() {
            return service == null ? "" : service;
        }
    }
}
