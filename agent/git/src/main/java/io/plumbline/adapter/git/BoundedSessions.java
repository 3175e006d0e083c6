package io.plumbline.adapter.git;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.eclipse.jgit.errors.TransportException;
import org.eclipse.jgit.transport.CredentialsProvider;
import org.eclipse.jgit.transport.RemoteSession;
import org.eclipse.jgit.transport.RemoteSession2;
import org.eclipse.jgit.transport.SshSessionFactory;
import org.eclipse.jgit.transport.URIish;
import org.eclipse.jgit.transport.sshd.SshdSession;
import org.eclipse.jgit.util.FS;
import org.jspecify.annotations.Nullable;

/**
 * The ssh sessions of one fetch. The remote's output passes {@link Received}. Its error channel,
 * which JGit keeps in memory, is cut after 64 KiB. (JGit itself limits its banner and version.)
 */
final class BoundedSessions extends SshSessionFactory {
    private static final int LONGEST_ERROR = 64 << 10;

    private final SshSessions sessions;
    private final Received received;

    BoundedSessions(SshSessions sessions, Received received) {
        this.sessions = sessions;
        this.received = received;
    }

    @Override
    public RemoteSession getSession(
            URIish uri, @Nullable CredentialsProvider provider, FS fs, int tms)
            throws TransportException {
        return new Session(sessions.getSession(uri, provider, fs, tms));
    }

    @Override
    public String getType() {
        return sessions.getType();
    }

    @Override
    public void releaseSession(RemoteSession session) {
        session.disconnect();
    }

    private final class Session implements RemoteSession2 {
        private final SshdSession session;

        Session(SshdSession session) {
            this.session = session;
        }

        @Override
        public Process exec(String command, int timeout) throws IOException {
            return new Bounded(session.exec(command, timeout));
        }

        @Override
        public Process exec(String command, Map<String, String> environment, int timeout)
                throws IOException {
            return new Bounded(session.exec(command, environment, timeout));
        }

        @Override
        public void disconnect() {
            session.disconnect();
        }
    }

    private final class Bounded extends Process {
        private final Process process;
        private final InputStream out;
        private final InputStream error;

        Bounded(Process process) {
            this.process = process;
            this.out = received.talk(process.getInputStream());
            this.error = new Beginning(process.getErrorStream());
        }

        @Override
        public OutputStream getOutputStream() {
            return process.getOutputStream();
        }

        @Override
        public InputStream getInputStream() {
            return out;
        }

        @Override
        public InputStream getErrorStream() {
            return error;
        }

        @Override
        public int waitFor() throws InterruptedException {
            return process.waitFor();
        }

        @Override
        public boolean waitFor(long timeout, TimeUnit unit) throws InterruptedException {
            return process.waitFor(timeout, unit);
        }

        @Override
        public int exitValue() {
            return process.exitValue();
        }

        @Override
        public void destroy() {
            process.destroy();
        }

        @Override
        public boolean isAlive() {
            return process.isAlive();
        }
    }

    /** A stream that ends after a number of bytes. */
    private static final class Beginning extends FilterInputStream {
        private int left = LONGEST_ERROR;

        Beginning(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            return left-- > 0 ? in.read() : -1;
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            if (left <= 0) {
                return -1;
            }
            int n = in.read(b, off, Math.min(len, left));
            left -= Math.max(n, 0);
            return n;
        }
    }
}
