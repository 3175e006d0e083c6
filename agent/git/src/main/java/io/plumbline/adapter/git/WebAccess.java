package io.plumbline.adapter.git;

import io.plumbline.adapter.git.JGitSource.Credentials;
import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.function.Consumer;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * The shared settings of all HTTP connections of one fetch.
 *
 * @param bearer token; null for none
 * @param authorities that may sign the remote's certificate; null for those of the JVM
 * @param proxy that connections go through
 * @param proxyCredentials for it; null for none
 */
record WebAccess(
        @Nullable String bearer,
        TrustManager @Nullable [] authorities,
        Proxy proxy,
        @Nullable Credentials proxyCredentials) {

    /** Reads the configured files and secrets. */
    static WebAccess of(GitAccess access) {
        var proxy = access.proxy();
        return new WebAccess(
                access.bearer() == null ? null : access.bearer().get(),
                access.ca() == null ? null : authorities(access.ca()),
                proxy == null
                        ? Proxy.NO_PROXY
                        : new Proxy(
                                Proxy.Type.HTTP, new InetSocketAddress(proxy.host(), proxy.port())),
                proxy == null || proxy.credentials() == null ? null : proxy.credentials().get());
    }

    private static TrustManager[] authorities(Path ca) {
        try (var in = Files.newInputStream(ca)) {
            var store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int i = 0;
            for (var certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("ca-" + i++, certificate);
            }
            if (i == 0) {
                throw new GeneralSecurityException("it holds no certificate");
            }
            var factory =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            return factory.getTrustManagers();
        } catch (IOException | GeneralSecurityException e) {
            throw new PlumblineException(
                    FailureKind.DENIED,
                    "repositories[].tls.ca: "
                            + ca
                            + " cannot be read as certificates in PEM: "
                            + e.getMessage(),
                    e);
        }
    }

    /**
     * Returns a URL whose connections are passed to {@code opened} and authenticate only to the
     * proxy.
     */
    URL routed(URL url, Consumer<HttpURLConnection> opened) throws IOException {
        var answers = proxyCredentials == null ? null : new ProxyAnswers(proxyCredentials);
        try {
            return URL.of(
                    url.toURI(),
                    new URLStreamHandler() {
                        @Override
                        protected URLConnection openConnection(URL u) throws IOException {
                            return openConnection(u, Proxy.NO_PROXY);
                        }

                        @Override
                        protected URLConnection openConnection(URL u, Proxy p) throws IOException {
                            var connection = url.openConnection(p);
                            if (connection instanceof HttpURLConnection http) {
                                if (answers != null) {
                                    http.setAuthenticator(answers);
                                }
                                opened.accept(http);
                            }
                            return connection;
                        }
                    });
        } catch (URISyntaxException e) {
            throw new IOException("the address cannot be read", e);
        }
    }

    /** Answers once, because a second request means that the credentials were wrong. */
    private static final class ProxyAnswers extends Authenticator {
        private final Credentials credentials;
        private boolean answered;

        ProxyAnswers(Credentials credentials) {
            this.credentials = credentials;
        }

        @Override
        protected @Nullable PasswordAuthentication getPasswordAuthentication() {
            if (getRequestorType() != RequestorType.PROXY || answered) {
                return null;
            }
            answered = true;
            return new PasswordAuthentication(
                    credentials.username(), credentials.password().toCharArray());
        }
    }

    @Override
    public String toString() {
        return "WebAccess[proxy=" + proxy + "]";
    }
}
