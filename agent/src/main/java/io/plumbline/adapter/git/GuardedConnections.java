package io.plumbline.adapter.git;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.Proxy;
import java.net.URL;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.eclipse.jgit.transport.http.HttpConnection;
import org.eclipse.jgit.transport.http.HttpConnectionFactory;
import org.eclipse.jgit.transport.http.JDKHttpConnection;
import org.jspecify.annotations.Nullable;

/**
 * HTTP for one fetch. It sends credentials to the configured origin only, wherever a redirect may
 * lead; it remembers the last status for classifying a failure; and each wait for the network ends
 * when the fetching thread is interrupted, because it is done by a virtual thread, where an
 * interrupt closes the socket. (JGit's own timeout is for silence only.)
 */
final class GuardedConnections implements HttpConnectionFactory {
    private final RemoteAddress.@Nullable Origin origin;
    private volatile int lastStatus;

    GuardedConnections(RemoteAddress.@Nullable Origin origin) {
        this.origin = origin;
    }

    /** Of the last answer; 0 if there was none. */
    int lastStatus() {
        return lastStatus;
    }

    @Override
    public HttpConnection create(URL url) throws IOException {
        return new Guarded(url, Proxy.NO_PROXY);
    }

    @Override
    public HttpConnection create(URL url, @Nullable Proxy proxy) throws IOException {
        return new Guarded(url, proxy == null ? Proxy.NO_PROXY : proxy);
    }

    private final class Guarded extends JDKHttpConnection {
        private final boolean trusted;

        Guarded(URL url, Proxy proxy) throws IOException {
            super(url, proxy);
            trusted = origin != null && origin.covers(url);
        }

        @Override
        public void setRequestProperty(String key, String value) {
            boolean personal =
                    key.equalsIgnoreCase("Authorization") || key.equalsIgnoreCase("Cookie");
            if (trusted || !personal) {
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
            int status = interruptibly(super::getResponseCode);
            lastStatus = status;
            return status;
        }

        @Override
        public String getResponseMessage() throws IOException {
            return interruptibly(super::getResponseMessage);
        }

        @Override
        public InputStream getInputStream() throws IOException {
            return new Input(interruptibly(super::getInputStream));
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
