package io.plumbline.adapter.git;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URL;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.zip.GZIPInputStream;
import org.eclipse.jgit.transport.http.HttpConnection;
import org.eclipse.jgit.transport.http.HttpConnectionFactory;
import org.eclipse.jgit.transport.http.JDKHttpConnection;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP connections of one fetch. They send credentials only to the configured origin, wherever
 * a redirect leads. They keep the last status for the classification of a failure. Each wait for
 * the network ends when the fetching thread is interrupted: a virtual thread does it, on which an
 * interrupt closes the socket. (JGit's own timeout applies only to silence.)
 */
final class GuardedConnections implements HttpConnectionFactory, AutoCloseable {
    private static final String ENCODING = "Content-Encoding";

    private final List<HttpURLConnection> opened = new CopyOnWriteArrayList<>();
    private final RemoteAddress.@Nullable Origin origin;
    private final WebAccess access;
    private final Received received;
    private volatile int lastStatus;
    private volatile @Nullable Duration retryAfter;
    private volatile @Nullable String strayed;

    GuardedConnections(RemoteAddress.@Nullable Origin origin, WebAccess access, Received received) {
        this.origin = origin;
        this.received = received;
        this.access = access;
    }

    /** Returns how long the last answer asked to wait; null if it did not. */
    @Nullable Duration retryAfter() {
        return retryAfter;
    }

    /** Returns the last target of a redirect that gets no credentials; null for none. */
    @Nullable String strayed() {
        return strayed;
    }

    /** Returns the status of the last answer; 0 if there was none. */
    int lastStatus() {
        return lastStatus;
    }

    @Override
    public HttpConnection create(URL url) throws IOException {
        return new Guarded(access.routed(url, opened::add));
    }

    /** Ignores the machine's own proxy settings. */
    @Override
    public HttpConnection create(URL url, @Nullable Proxy machines) throws IOException {
        return create(url);
    }

    /**
     * Closes idle connections. The JVM would keep each connection for another request. A next fetch
     * never uses it, because it has its own secrets and authorities; a proxy counts them all.
     */
    @Override
    public void close() {
        opened.forEach(HttpURLConnection::disconnect);
    }

    private final class Guarded extends JDKHttpConnection {
        private final boolean trusted;

        Guarded(URL url) throws IOException {
            super(url, access.proxy());
            trusted = origin != null && origin.covers(url);
            if (!trusted) {
                strayed = url.getProtocol() + "://" + url.getAuthority() + url.getPath();
            }
            var authorities = access.authorities();
            if (authorities != null && url.getProtocol().equals("https")) {
                try {
                    configure(null, authorities, null);
                } catch (GeneralSecurityException e) {
                    throw new IOException("TLS cannot be set up: " + e.getMessage(), e);
                }
            }
            if (trusted && access.bearer() != null) {
                super.setRequestProperty("Authorization", "Bearer " + access.bearer());
            }
        }

        @Override
        public void setRequestProperty(String key, String value) {
            boolean personal =
                    key.equalsIgnoreCase("Authorization") || key.equalsIgnoreCase("Cookie");
            if (!personal || (trusted && access.bearer() == null)) {
                super.setRequestProperty(key, value);
            }
        }

        @Override
        public void connect() throws IOException {
            interruptibly(
                    () -> {
                        super.connect();
                        return true;
                    });
        }

        @Override
        public int getResponseCode() throws IOException {
            lastStatus = 0;
            retryAfter = null;
            int status = interruptibly(super::getResponseCode);
            lastStatus = status;
            retryAfter = status == 429 || status == 503 ? RetryAfter.of(this) : null;
            return status;
        }

        @Override
        public String getResponseMessage() throws IOException {
            return interruptibly(super::getResponseMessage);
        }

        private boolean zipped() {
            var encoding = super.getHeaderField(ENCODING);
            return encoding != null && encoding.endsWith("gzip");
        }

        @Override
        public @Nullable String getHeaderField(String name) {
            return name.equalsIgnoreCase(ENCODING) ? null : super.getHeaderField(name);
        }

        @Override
        public InputStream getInputStream() throws IOException {
            var input = new Input(interruptibly(super::getInputStream));
            // Unpacked here, so that the count is what JGit would keep.
            return received.talk(zipped() ? new GZIPInputStream(input) : input);
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            return new Output(interruptibly(super::getOutputStream));
        }
    }

    private static final class Input extends FilterInputStream {
        Input(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            return interruptibly(in::read);
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            return interruptibly(() -> in.read(b, off, len));
        }

        @Override
        public long skip(long n) throws IOException {
            return interruptibly(() -> in.skip(n));
        }

        @Override
        public void close() throws IOException {
            interruptibly(
                    () -> {
                        in.close();
                        return true;
                    });
        }
    }

    private static final class Output extends FilterOutputStream {
        Output(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] b, int off, int len) throws IOException {
            interruptibly(
                    () -> {
                        out.write(b, off, len);
                        return true;
                    });
        }

        @Override
        public void flush() throws IOException {
            interruptibly(
                    () -> {
                        out.flush();
                        return true;
                    });
        }

        @Override
        public void close() throws IOException {
            interruptibly(
                    () -> {
                        out.close();
                        return true;
                    });
        }
    }

    private static <T> T interruptibly(Callable<T> network) throws IOException {
        var task = new FutureTask<T>(network);
        var thread = Thread.ofVirtual().name("git-network").start(task);
        try {
            return task.get();
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
            var stopped = new InterruptedIOException("stopped while waiting for the network");
            stopped.initCause(e);
            throw stopped;
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case RuntimeException fault -> throw fault;
                case Error error -> throw error;
                case null, default -> throw new IOException(e);
            }
        }
    }
}
