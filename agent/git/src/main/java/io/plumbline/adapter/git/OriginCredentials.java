package io.plumbline.adapter.git;

import io.plumbline.adapter.git.JGitSource.Credentials;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jgit.transport.CredentialItem;
import org.eclipse.jgit.transport.CredentialsProvider;
import org.eclipse.jgit.transport.URIish;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a remote's request for user and password. It answers once: a second request means
 * that they were wrong, and sending them again may lock the account. It does not answer a request
 * from another host after a redirect, nor one about certificates.
 */
final class OriginCredentials extends CredentialsProvider {
    private final @Nullable Credentials credentials;
    private final String host;
    private final AtomicBoolean refused = new AtomicBoolean();

    OriginCredentials(@Nullable Credentials credentials, String host) {
        this.credentials = credentials;
        this.host = host;
    }

    @Override
    public boolean isInteractive() {
        return false;
    }

    @Override
    public boolean supports(CredentialItem... items) {
        for (var item : items) {
            if (!(item instanceof CredentialItem.Username
                    || item instanceof CredentialItem.Password)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean get(URIish uri, CredentialItem... items) {
        if (credentials == null || refused.get() || !host.equalsIgnoreCase(uri.getHost())) {
            return false;
        }
        for (var item : items) {
            switch (item) {
                case CredentialItem.Username user -> user.setValue(credentials.username());
                case CredentialItem.Password password ->
                        password.setValue(credentials.password().toCharArray());
                default -> {
                    return false;
                }
            }
        }
        return true;
    }

    @Override
    public void reset(URIish uri) {
        refused.set(true);
    }
}
