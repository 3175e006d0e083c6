package io.plumbline.cli;

import io.plumbline.api.ApiScene;
import io.plumbline.api.Golden;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code -o json}, {@code yaml} and {@code jsonl} print of every verb, to the letter. */
@Timeout(120)
class PrintedJsonTest {
    private static final List<String> VERBS =
            List.of(
                    "status",
                    "status recsys",
                    "status recsys --at 2026-01-31T03:12:00Z",
                    "plan",
                    "plan recsys",
                    "diff recsys",
                    "diff recsys --from v1:aa",
                    "history recsys",
                    "runs recsys",
                    "runs show recsys 1",
                    "artifacts recsys",
                    "events",
                    "events recsys --type DriftDetected",
                    "why recsys",
                    "logs recsys/serve",
                    "engines",
                    "engines local",
                    "webhooks",
                    "audit",
                    "audit --all",
                    "audit --verify",
                    "tokens list",
                    "sync",
                    "sync recsys",
                    "rollback recsys --dry-run",
                    "pause recsys",
                    "resume recsys",
                    "retry recsys",
                    "restart recsys/serve",
                    "health ack recsys --clear",
                    "cordon local",
                    "uncordon local",
                    "webhooks replay d8",
                    "tokens revoke 0a1b2c3d4e5f --dry-run",
                    "validate broken.yaml");

    @TempDir Path folder;

    private String printed(String format) throws Exception {
        Files.writeString(folder.resolve("broken.yaml"), "kind: Nothing\n");
        var printed = new StringBuilder();
        try (var scene = new ApiScene()) {
            var shell = new Shell();
            shell.folder = folder;
            shell.env.put("PLUMBLINE_SERVER", scene.url());
            shell.env.put("PLUMBLINE_TOKEN", ApiScene.TOKEN);
            for (var verb : VERBS) {
                int exit = shell.plumb((verb + " -o " + format).split(" "));
                printed.append("$ plumb ").append(verb).append(" -o ").append(format).append('\n');
                printed.append(shell.out()).append(shell.err());
                printed.append("exit ").append(exit).append("\n\n");
            }
        }
        return printed.toString();
    }

    @Test
    void json() throws Exception {
        Golden.check("printed-json.txt", printed("json"));
    }

    @Test
    void yaml() throws Exception {
        Golden.check("printed-yaml.txt", printed("yaml"));
    }

    @Test
    void jsonLines() throws Exception {
        Golden.check("printed-jsonl.txt", printed("jsonl"));
    }
}
