package io.plumbline.config;

import io.plumbline.config.AgentConfig.Verify;
import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Keys;
import io.plumbline.manifest.yaml.Words;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The decoder of a repository's {@code verify}: {@code {mode, keys, revoked}}. */
final class VerifyDecoder {
    private static final Keys VERIFY = Keys.of("mode", "keys", "revoked");
    private static final Keys KEY = Keys.of("openpgp", "ssh");

    /** Fingerprints in the forms of {@code ssh-keygen -l} and {@code gpg --fingerprint}. */
    private static final Pattern SSH = Pattern.compile("SHA256:[A-Za-z0-9+/]{43}=?");

    private static final Pattern OPENPGP =
            Pattern.compile("(0x)?[0-9a-fA-F]{40}([0-9a-fA-F]{24})?");

    private VerifyDecoder() {}

    static @Nullable Verify verify(Decoder d, ConfigDecoder paths) {
        Fields f = d.fields(VERIFY);
        if (f == null) {
            return null;
        }
        boolean range = f.read("mode", VerifyDecoder::range, false);
        var keyrings = new ArrayList<Path>();
        var signers = new ArrayList<Path>();
        Decoder keys = f.get("keys");
        if (keys == null) {
            f.error("'keys' is missing: a list of {openpgp: FILE} and {ssh: FILE}");
            return null;
        }
        List<Decoder> items = keys.items();
        if (items == null) {
            return null;
        }
        if (items.isEmpty()) {
            keys.error("must name at least one key file: without keys no commit could be good");
        }
        items.forEach(i -> key(i, paths, keyrings, signers));
        return new Verify(
                range,
                List.copyOf(keyrings),
                List.copyOf(signers),
                f.read("revoked", r -> r.list(VerifyDecoder::fingerprint), List.<String>of()));
    }

    private static @Nullable Boolean range(Decoder d) {
        String text = d.string();
        if (text == null || text.equals("head") || text.equals("range")) {
            return text == null ? null : text.equals("range");
        }
        d.error("must be head or range, not " + Words.quoted(text));
        return null;
    }

    private static void key(
            Decoder d, ConfigDecoder paths, List<Path> keyrings, List<Path> signers) {
        Fields f = d.fields(KEY);
        if (f == null) {
            return;
        }
        if (f.has("openpgp") == f.has("ssh")) {
            f.error("must be {openpgp: FILE} or {ssh: FILE}");
            return;
        }
        boolean openpgp = f.has("openpgp");
        var path = f.read(openpgp ? "openpgp" : "ssh", paths::path);
        if (path != null) {
            (openpgp ? keyrings : signers).add(path);
        }
    }

    private static @Nullable String fingerprint(Decoder d) {
        String text = d.string();
        if (text == null) {
            return null;
        }
        var compact = text.replaceAll("\\s", "");
        if (SSH.matcher(compact).matches() || OPENPGP.matcher(compact).matches()) {
            return compact;
        }
        d.error(
                "must be a whole fingerprint, SHA256:... of an SSH key (ssh-keygen -lf KEY.pub) or"
                        + " 40 hex digits of an OpenPGP key (gpg --fingerprint), not "
                        + Words.quoted(text));
        return null;
    }
}
