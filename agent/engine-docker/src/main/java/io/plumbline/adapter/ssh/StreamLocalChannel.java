package io.plumbline.adapter.ssh;

import java.io.IOException;
import org.apache.sshd.client.channel.AsyncCapableClientChannel;
import org.apache.sshd.client.future.DefaultOpenFuture;
import org.apache.sshd.client.future.OpenFuture;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.SshException;
import org.apache.sshd.common.util.buffer.Buffer;

/**
 * A channel to a unix socket on the server's side, {@code direct-streamlocal@openssh.com}: section
 * 2.4 of OpenSSH's file PROTOCOL.
 */
final class StreamLocalChannel extends AsyncCapableClientChannel {
    private final String socket;

    /**
     * Creates a channel without opening it.
     *
     * @param socket absolute path on the server
     */
    StreamLocalChannel(String socket) {
        super("direct-streamlocal@openssh.com", false);
        this.socket = socket;
    }

    @Override
    public synchronized OpenFuture open() throws IOException {
        if (closeFuture.isClosed()) {
            throw new SshException("the ssh connection was closed");
        }
        openFuture = new DefaultOpenFuture(socket, futureLock);
        Buffer buffer = getSession().createBuffer(SshConstants.SSH_MSG_CHANNEL_OPEN);
        buffer.putString(getChannelType());
        buffer.putUInt(getChannelId());
        buffer.putUInt(getLocalWindow().getSize());
        buffer.putUInt(getLocalWindow().getPacketSize());
        buffer.putString(socket);
        // Reserved for an originator and its port.
        buffer.putString("");
        buffer.putUInt(0);
        writePacket(buffer);
        return openFuture;
    }

    /**
     * Closes the output at the end of the stream; the library would inform readers only when the
     * channel is closed.
     */
    @Override
    public void handleEof() throws IOException {
        super.handleEof();
        out.close();
    }
}
