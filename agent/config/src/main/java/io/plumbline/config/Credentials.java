package io.plumbline.config;

import io.plumbline.config.AgentConfig.Auth;
import io.plumbline.config.AgentConfig.SecretSource;
import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Keys;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The decoder of credentials for remotes and registries. It reads the location of a secret, never
 * the secret. A literal secret is refused, and no message shows it.
 */
final class Credentials {
    private static final Keys SOURCE = Keys.of("env", "file");
    private static final Keys AUTH = Keys.of("username", "token", "password").later("helper");
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    static final Pattern USER = Pattern.compile("[^\\p{Cntrl}:]+");

    private Credentials() {}

    /** Decodes {@code {username, token}} or {@code {username, password}}. */
    static @Nullable Auth auth(Decoder d, ConfigDecoder paths) {
        Fields f = d.fields(AUTH);
        return f == null ? null : basic(f, paths);
    }

    /** Decodes credentials from a mapping that has these keys and may have others. */
    static @Nullable Auth basic(Fields f, ConfigDecoder paths) {
        String username =
                f.read(
                        "username",
                        u -> u.matching(USER, 256, "must be a name without a colon"),
                        "git");
        if (f.has("token") == f.has("password")) {
            f.error(
                    f.has("token")
                            ? "give 'token' or 'password', not both"
                            : "'token' or 'password' is missing");
            return null;
        }
        var token = f.read(f.has("token") ? "token" : "password", s -> source(s, paths));
        return token == null ? null : new Auth(username, token);
    }

    /** Decodes {@code {env: NAME}} or {@code {file: PATH}}. */
    static @Nullable SecretSource source(Decoder d, ConfigDecoder paths) {
        if (!d.isMapping()) {
            d.error(
                    "must be {env: NAME} or {file: PATH}, never the secret itself: configurations"
                            + " are copied and shown");
            return null;
        }
        Fields f = d.fields(SOURCE);
        if (f == null) {
            return null;
        }
        if (f.has("env") == f.has("file")) {
            f.error("must be {env: NAME} or {file: PATH}");
            return null;
        }
        if (f.has("env")) {
            var name =
                    f.read(
                            "env",
                            e -> {
                                var text = e.string();
                                if (text != null && !VARIABLE.matcher(text).matches()) {
                                    // Not shown, because it may be the secret itself.
                                    e.error("must be the name of an environment variable");
                                    return null;
                                }
                                return text;
                            });
            return name == null ? null : new SecretSource.Env(name);
        }
        var path = f.read("file", paths::path);
        return path == null ? null : new SecretSource.File(path);
    }
}
