package io.plumbline.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.config.AgentConfig.SecretSource;
import io.plumbline.port.PlumblineException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A secret is {@code {env}} or {@code {file}}, wherever the configuration takes one. */
class SecretLiteralsTest {
    /** By component of the configuration's records: each place where it is written. */
    private static final Map<String, String[]> PLACES =
            Map.of(
                    "Auth.token",
                    new String[] {
                        "repositories: [{name: ml, url: 'https://h/x', auth: {token: %s}}]",
                        "repositories: [{name: ml, url: 'https://h/x', auth: {password: %s}}]",
                        "repositories: [{name: ml, url: 'https://h/x'}]\n"
                                + "engines: [{name: a, endpoint: 'unix:///a', registries:"
                                + " {h: {username: u, password: %s}}}]",
                        "repositories: [{name: ml, url: 'https://h/x'}]\n"
                                + "engines: [{name: a, endpoint: 'unix:///a', registries:"
                                + " {h: {username: u, token: %s}}}]",
                        "repositories: [{name: ml, url: 'https://h/x',"
                                + " proxy: {url: 'http://p:3128', username: u, password: %s}}]"
                    },
                    "Webhook.secret",
                    new String[] {
                        "repositories: [{name: ml, url: 'https://h/x',"
                                + " webhook: {provider: github, secret: %s}}]"
                    },
                    "GitOptions.bearer",
                    new String[] {
                        "repositories: [{name: ml, url: 'https://h/x', auth: {bearer: %s}}]"
                    },
                    "Ssh.passphrase",
                    new String[] {
                        "repositories: [{name: ml, url: 'git@h:x',"
                                + " auth: {sshKey: k, knownHosts: h, passphrase: %s}}]"
                    },
                    "OverSsh.passphrase",
                    new String[] {
                        "repositories: [{name: ml, url: 'https://h/x'}]\n"
                                + "engines: [{name: a, endpoint: 'ssh://u@h', sshKey: k,"
                                + " knownHosts: h, passphrase: %s}]"
                    });

    /** Whose text is the path of a file: only what is a key itself is a literal. */
    private static final Set<String> KEY_FILES = Set.of("Ssh.key", "OverSsh.key");

    @TempDir Path folder;

    private String problems(String yaml) throws Exception {
        var file = folder.resolve("plumbline.yaml");
        Files.writeString(file, yaml + "\n");
        try {
            ConfigReader.read(file);
            return "";
        } catch (PlumblineException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Fails until a new kind of secret is in the table above. */
    @Test
    void theTableHasEverySecretOfTheConfiguration() {
        var found = new TreeSet<String>();
        var types = new ArrayList<>(List.of(AgentConfig.class.getNestMembers()));
        types.addAll(List.of(GitOptions.class.getNestMembers()));
        types.addAll(List.of(EngineOptions.class.getNestMembers()));
        for (var type : types) {
            if (type.isRecord() && !SecretSource.class.isAssignableFrom(type)) {
                for (var component : type.getRecordComponents()) {
                    if (component.getGenericType().getTypeName().contains("SecretSource")) {
                        found.add(type.getSimpleName() + "." + component.getName());
                    }
                }
            }
        }
        found.removeAll(KEY_FILES);
        assertThat(PLACES.keySet()).containsExactlyInAnyOrderElementsOf(found);
    }

    @Test
    void aPrivateKeyIsRefusedAsItself() throws Exception {
        var said =
                problems(
                        "repositories: [{name: ml, url: 'git@h:x', auth: {sshKey:"
                                + " '-----BEGIN PRIVATE KEY-----hunter2', knownHosts: h}}]");
        assertThat(said).contains("never the key itself").doesNotContain("hunter2");
    }

    @Test
    void aLiteralIsRefusedWithTheReasonAndNotShown() throws Exception {
        var wrong = new ArrayList<String>();
        for (var places : PLACES.values()) {
            for (var place : places) {
                for (var literal :
                        new String[] {"hunter2hunter2", "[hunter2hunter2]", "'hunter2hunter2'"}) {
                    var said = problems(place.formatted(literal));
                    if (!said.contains("never the secret itself") || said.contains("hunter2")) {
                        wrong.add(place.formatted(literal) + " -> " + said);
                    }
                }
                for (var inside :
                        new String[] {"{value: hunter2hunter2}", "{env: 'hunter2 hunter2'}"}) {
                    var said = problems(place.formatted(inside));
                    if (said.isEmpty() || said.contains("hunter2")) {
                        wrong.add(place.formatted(inside) + " -> " + said);
                    }
                }
                for (var good : new String[] {"{env: TOKEN}", "{file: token}"}) {
                    var said = problems(place.formatted(good));
                    if (!said.isEmpty()) {
                        wrong.add(place.formatted(good) + " -> " + said);
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
    }
}
