package io.plumbline.server;

import io.vertx.core.http.HttpServerRequest;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whose request it is, for limits and records.
 *
 * <ol>
 *   <li>The address that the connection comes from. Where it is no trusted proxy, that is the
 *       answer, whatever headers say.
 *   <li>From a trusted proxy: the last address of {@code X-Forwarded-For}, or of {@code Forwarded}
 *       (RFC 7239), that is no trusted proxy itself. What is left of it was written by the client
 *       and proves nothing.
 *   <li>A header that cannot be read, and both headers at once where they differ (the proxy writes
 *       one of them, the client may have written the other): the proxy's own address.
 * </ol>
 */
final class ClientAddress {
    private static final int MOST_HOPS = 32;
    private static final Pattern FOR =
            Pattern.compile("(?:^|;)\\s*for\\s*=\\s*(\"[^\"]*\"|[^;\\s]*)");

    private final Predicate<InetAddress> trusted;

    ClientAddress(Predicate<InetAddress> trustedProxies) {
        this.trusted = trustedProxies;
    }

    /** The client's address as text, IPv6 in Java's form; never a name. */
    String of(HttpServerRequest request) {
        var remote = request.remoteAddress();
        return of(
                remote == null ? null : remote.hostAddress(),
                request.headers().getAll("X-Forwarded-For"),
                request.headers().getAll("Forwarded"));
    }

    /** Whether the connection comes from a trusted proxy. */
    boolean behindProxy(HttpServerRequest request) {
        var remote = request.remoteAddress();
        var peer = remote == null ? null : address(remote.hostAddress());
        return peer != null && trusted.test(peer);
    }

    String of(@Nullable String connection, List<String> forwardedFor, List<String> forwarded) {
        var peer = connection == null ? null : address(connection);
        if (peer == null) {
            return "unknown";
        }
        if (!trusted.test(peer)) {
            return peer.getHostAddress();
        }
        var usual = client(split(forwardedFor), peer);
        var standard = client(fors(forwarded), peer);
        if (forwarded.isEmpty()) {
            return usual.getHostAddress();
        }
        return forwardedFor.isEmpty() || usual.equals(standard)
                ? standard.getHostAddress()
                : peer.getHostAddress();
    }

    /**
     * What limits count by: an IPv6 client has a whole /64 to itself, so that is one; an IPv4
     * address is one.
     */
    static String bucket(String address) {
        if (address(address) instanceof Inet6Address six) {
            var bytes = six.getAddress();
            var text = new StringBuilder();
            for (int i = 0; i < 8; i += 2) {
                text.append(Integer.toHexString((bytes[i] & 0xff) << 8 | (bytes[i + 1] & 0xff)));
                text.append(':');
            }
            return text.append(":/64").toString();
        }
        return address;
    }

    private InetAddress client(List<String> hops, InetAddress peer) {
        var last = peer;
        for (int i = hops.size() - 1; i >= 0 && hops.size() - i <= MOST_HOPS; i--) {
            var hop = address(hops.get(i));
            if (hop == null) {
                return last;
            }
            last = hop;
            if (!trusted.test(hop)) {
                return hop;
            }
        }
        return last;
    }

    private static List<String> split(List<String> headers) {
        var all = new ArrayList<String>();
        for (var header : headers) {
            for (var part : header.split(",", -1)) {
                all.add(part.strip());
            }
        }
        return all;
    }

    private static List<String> fors(List<String> headers) {
        return split(headers).stream()
                .map(
                        element -> {
                            var match = FOR.matcher(element.toLowerCase(Locale.ROOT));
                            return match.find() ? match.group(1).replace("\"", "") : "";
                        })
                .toList();
    }

    /** An address with or without a port; null for names and what is none. */
    private static @Nullable InetAddress address(String text) {
        var bare = text;
        if (bare.startsWith("[")) {
            int end = bare.indexOf(']');
            bare = end < 0 ? "" : bare.substring(1, end);
        } else if (bare.matches("[0-9.]+:[0-9]{1,5}")) {
            bare = bare.substring(0, bare.indexOf(':'));
        }
        int zone = bare.indexOf('%');
        bare = zone < 0 ? bare : bare.substring(0, zone);
        if (!bare.contains(":") && !bare.matches("([0-9]{1,3}\\.){3}[0-9]{1,3}")) {
            return null;
        }
        try {
            return InetAddress.ofLiteral(bare);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
