package io.plumbline.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate authority in a folder, by the JDK's keytool. */
public final class Certificates {
    private static final String PASSWORD = "changeit";
    private static final Base64.Encoder PEM = Base64.getMimeEncoder(64, new byte[] {'\n'});

    private final Path folder;
    private final Path store;

    /** Makes the authority, {@code ca.pem}. */
    public Certificates(Path folder) {
        this.folder = folder;
        this.store = folder.resolve("store.p12");
        keytool("-alias", "ca", "-dname", "CN=Test CA", "-ext", "bc:c", "-validity", "30");
        write("ca.pem", List.of(certificate("ca")));
    }

    /** Trusts what that authority signed. */
    public static SSLContext trusting(Path authority) {
        try (var in = Files.newInputStream(authority)) {
            var trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
            var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            var context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * What a server needs that shows that certificate and takes clients of an authority's, this one
     * or another.
     */
    public SSLContext demanding(String name, Certificates clients) {
        try {
            var own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            own.setKeyEntry(
                    name,
                    store().getKey(name, PASSWORD.toCharArray()),
                    PASSWORD.toCharArray(),
                    chain(name).toArray(Certificate[]::new));
            var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, PASSWORD.toCharArray());
            var trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("ca", clients.certificate("ca"));
            var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            var context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The authority's certificate. */
    public Path ca() {
        return folder.resolve("ca.pem");
    }

    /**
     * A server's certificate for localhost and 127.0.0.1, {@code NAME.pem} and {@code NAME.key}.
     */
    public Path server(String name) {
        return make(name, "CN=" + name, "san=dns:localhost,ip:127.0.0.1", 30);
    }

    /** One for another host. */
    public Path serverOf(String name, String host) {
        return make(name, "CN=" + name, "san=dns:" + host, 30);
    }

    /** One that expired. */
    public Path expired(String name) {
        return make(name, "CN=" + name, "san=dns:localhost,ip:127.0.0.1", -5);
    }

    /** A client's certificate with that subject. */
    public Path client(String name, String subject) {
        return make(name, subject, "eku=clientAuth", 30);
    }

    /** Its key. */
    public Path key(String name) {
        return folder.resolve(name + ".key");
    }

    private Path make(String name, String subject, String extension, int days) {
        var arguments =
                new ArrayList<>(
                        List.of(
                                "-alias", name, "-dname", subject, "-ext", extension, "-signer",
                                "ca"));
        if (days < 0) {
            arguments.addAll(List.of("-startdate", days * 2 + "d"));
        }
        arguments.addAll(List.of("-validity", Integer.toString(Math.abs(days))));
        keytool(arguments.toArray(String[]::new));
        writeKey(name);
        return write(name + ".pem", chain(name));
    }

    private void keytool(String... arguments) {
        var command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-keyalg",
                                "EC",
                                "-groupname",
                                "secp256r1",
                                "-storetype",
                                "PKCS12",
                                "-keystore",
                                store.toString(),
                                "-storepass",
                                PASSWORD));
        command.addAll(List.of(arguments));
        try {
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(command + ": " + said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private KeyStore store() throws IOException, GeneralSecurityException {
        var loaded = KeyStore.getInstance("PKCS12");
        try (var in = Files.newInputStream(store)) {
            loaded.load(in, PASSWORD.toCharArray());
        }
        return loaded;
    }

    private Certificate certificate(String alias) {
        return chain(alias).getFirst();
    }

    private List<Certificate> chain(String alias) {
        try {
            var chain = store().getCertificateChain(alias);
            // Without the authority itself, as servers send it.
            return List.of(chain).subList(0, Math.max(1, chain.length - 1));
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private void writeKey(String alias) {
        try {
            var key = store().getKey(alias, PASSWORD.toCharArray());
            replace(alias + ".key", "PRIVATE KEY", List.of(key.getEncoded()));
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path write(String file, List<Certificate> certificates) {
        try {
            var encoded = new ArrayList<byte[]>();
            for (var certificate : certificates) {
                encoded.add(certificate.getEncoded());
            }
            return replace(file, "CERTIFICATE", encoded);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path replace(String file, String what, List<byte[]> parts) {
        var text = new StringBuilder();
        for (var part : parts) {
            text.append("-----BEGIN ").append(what).append("-----\n");
            text.append(PEM.encodeToString(part));
            text.append("\n-----END ").append(what).append("-----\n");
        }
        try {
            var fresh = folder.resolve(file + ".new");
            Files.writeString(fresh, text);
            return Files.move(fresh, folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
