package io.plumbline.fuzz;

import io.plumbline.adapter.signatures.AllowedSigners;
import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A file of SSH allowed signers: the operator's, often made from what many people sent. */
final class AllowedSignersTarget implements FuzzTarget {
    private static final List<String> OPTIONS =
            List.of(
                    "a@example.com ",
                    "*@example.com,!eve@example.com namespaces=\"git,file\" ",
                    "\"a b\" valid-after=\"20240101Z\",valid-before=\"20300101120000\" ",
                    "a@example.com cert-authority,namespaces=\"git\" ");

    @Override
    public String name() {
        return "allowed-signers";
    }

    @Override
    public List<byte[]> seeds() throws IOException {
        var seeds = new ArrayList<byte[]>();
        for (var key : List.of("ssh-ed25519", "ssh-ecdsa", "ssh-ecdsa521", "authority")) {
            var line = new String(SignedCommitTarget.fixture(key + ".pub"), StandardCharsets.UTF_8);
            for (var options : OPTIONS) {
                seeds.add(("# people\n\n" + options + line).getBytes(StandardCharsets.UTF_8));
            }
        }
        return seeds;
    }

    @Override
    public void take(byte[] input) {
        try {
            AllowedSigners.parse(input);
        } catch (PlumblineException e) {
            if (e.kind() != FailureKind.INVALID) {
                throw e;
            }
        }
    }
}
