package io.plumbline.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A Git host as people run one: nginx with Git's http-backend behind TLS and basic authentication,
 * a real sshd with deploy keys, and a forward proxy; with authorities, keys and passwords of its
 * own, all on free ports of loopback.
 *
 * <p>Over https there are also {@code /redirected/...}, which leads to the same path at {@code
 * localhost:elsewhere}, and {@code /busy/...}, which answers 429 with {@code Retry-After: 3}.
 */
final class GitHost implements AutoCloseable {
    static final String USER = "bot";
    static final String PASSWORD = "planted-https-pa55word";
    static final String BEARER = "planted-bearer-t0ken";
    static final String PASSPHRASE = "planted-ssh-pa55phrase";
    static final String PROXY_PASSWORD = "planted-proxy-pa55word";

    final Path folder = Workshop.folder("host");
    final int https = Workshop.port();
    final int elsewhere = Workshop.port();
    final int ssh = Workshop.port();
    final int proxy = Workshop.port();
    private final Path repositories;
    private final List<Daemon> daemons = new ArrayList<>();

    /** Serves the bare repositories below a folder. */
    GitHost(Path repositories) {
        this.repositories = repositories;
        try {
            certificates();
            nginx();
            sshd();
            tinyproxy();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(file(name), text);
        Files.setPosixFilePermissions(file(name), PosixFilePermissions.fromString("rw-------"));
    }

    private void openssl(String... arguments) {
        var command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        Program.run(command);
    }

    private String path(String name) {
        return file(name).toString();
    }

    /** An authority and a certificate of it for 127.0.0.1 and localhost. */
    private void certificates() throws IOException {
        write("san", "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
        var ec = List.of("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes");
        var ca = new ArrayList<>(List.of("req", "-x509", "-days", "30", "-subj", "/CN=Test CA"));
        ca.addAll(ec);
        ca.addAll(List.of("-keyout", path("ca.key"), "-out", path("ca.pem")));
        openssl(ca.toArray(String[]::new));
        var request = new ArrayList<>(List.of("req", "-subj", "/CN=git"));
        request.addAll(ec);
        request.addAll(List.of("-keyout", path("tls.key"), "-out", path("tls.csr")));
        openssl(request.toArray(String[]::new));
        openssl(
                "x509",
                "-req",
                "-days",
                "30",
                "-in",
                path("tls.csr"),
                "-CA",
                path("ca.pem"),
                "-CAkey",
                path("ca.key"),
                "-CAcreateserial",
                "-extfile",
                path("san"),
                "-out",
                path("tls.pem"));
    }

    private void nginx() throws IOException {
        write("users", USER + ":" + Program.run("openssl", "passwd", "-apr1", PASSWORD) + "\n");
        Files.createDirectories(file("tmp"));
        write(
                "nginx.conf",
                """
                daemon off;
                user root;
                worker_processes 1;
                pid FOLDER/nginx.pid;
                error_log FOLDER/nginx.error;
                events {}
                http {
                  log_format asked '$msec $server_port $request_uri $status auth=$http_authorization';
                  access_log FOLDER/access asked;
                  client_body_temp_path FOLDER/tmp/a; proxy_temp_path FOLDER/tmp/b;
                  fastcgi_temp_path FOLDER/tmp/c; uwsgi_temp_path FOLDER/tmp/d; scgi_temp_path FOLDER/tmp/e;
                  ssl_certificate FOLDER/tls.pem;
                  ssl_certificate_key FOLDER/tls.key;
                  fastcgi_param GIT_PROJECT_ROOT REPOSITORIES;
                  fastcgi_param GIT_HTTP_EXPORT_ALL 1;
                  fastcgi_param GIT_CONFIG_NOSYSTEM 1;
                  fastcgi_param HOME FOLDER;
                  fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;
                  fastcgi_param REQUEST_METHOD $request_method;
                  fastcgi_param QUERY_STRING $query_string;
                  fastcgi_param CONTENT_TYPE $content_type;
                  fastcgi_param CONTENT_LENGTH $content_length;
                  fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding;
                  fastcgi_param GIT_PROTOCOL $http_git_protocol;
                  fastcgi_param PATH_INFO $fastcgi_script_name;
                  server {
                    listen 127.0.0.1:HTTPS ssl;
                    location / {
                      auth_basic "git";
                      auth_basic_user_file FOLDER/users;
                      fastcgi_pass unix:FOLDER/cgi;
                    }
                    location ~ ^/bearer(/.*)$ {
                      if ($http_authorization != "Bearer BEARER") { return 401; }
                      fastcgi_param PATH_INFO $1;
                      fastcgi_param GIT_PROJECT_ROOT REPOSITORIES;
                      fastcgi_param GIT_HTTP_EXPORT_ALL 1;
                      fastcgi_param HOME FOLDER;
                      fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;
                      fastcgi_param REQUEST_METHOD $request_method;
                      fastcgi_param QUERY_STRING $query_string;
                      fastcgi_param CONTENT_TYPE $content_type;
                      fastcgi_param CONTENT_LENGTH $content_length;
                      fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding;
                      fastcgi_param GIT_PROTOCOL $http_git_protocol;
                      fastcgi_pass unix:FOLDER/cgi;
                    }
                    location ~ ^/redirected(/.*)$ {
                      auth_basic "git";
                      auth_basic_user_file FOLDER/users;
                      set $to $1;
                      try_files /no /no @redirect;
                    }
                    location @redirect { return 302 https://localhost:ELSEWHERE$to?$args; }
                    location /busy/ { add_header Retry-After 3 always; return 429; }
                  }
                  server {
                    listen 127.0.0.1:ELSEWHERE ssl;
                    location / { fastcgi_pass unix:FOLDER/cgi; }
                  }
                }
                """
                        .replace("FOLDER", folder.toString())
                        .replace("REPOSITORIES", repositories.toString())
                        .replace("HTTPS", Integer.toString(https))
                        .replace("ELSEWHERE", Integer.toString(elsewhere))
                        .replace("Bearer BEARER", "Bearer " + BEARER));
        daemons.add(
                new Daemon(
                        file("cgi.log"),
                        Map.of(),
                        "fcgiwrap",
                        "-c",
                        "2",
                        "-s",
                        "unix:" + path("cgi")));
        Eventually.holds("fcgiwrap listens", () -> Files.exists(file("cgi")));
        daemons.add(
                new Daemon(file("nginx.log"), Map.of(), "nginx", "-c", path("nginx.conf"))
                        .listens(https));
    }

    /** Makes a key pair {@code name} and {@code name.pub}. */
    private void key(String name, String passphrase, String... kind) {
        var command = new ArrayList<>(List.of("ssh-keygen", "-q", "-N", passphrase));
        command.addAll(List.of("-C", name, "-f", path(name)));
        command.addAll(List.of(kind));
        Program.run(command);
    }

    private void sshd() throws IOException {
        key("host_ed25519", "", "-t", "ed25519");
        key("host_rsa", "", "-t", "rsa", "-b", "3072");
        key("ed25519", "", "-t", "ed25519");
        key("locked", PASSPHRASE, "-t", "ed25519");
        key("ecdsa", "", "-t", "ecdsa", "-b", "384");
        key("rsa", "", "-t", "rsa", "-b", "3072");
        key("stranger", "", "-t", "ed25519");
        var authorized = new StringBuilder();
        for (var name : List.of("ed25519", "locked", "ecdsa", "rsa")) {
            authorized
                    .append("restrict,command=\"git-shell -c \\\"$SSH_ORIGINAL_COMMAND\\\"\" ")
                    .append(Files.readString(file(name + ".pub")));
        }
        write("authorized_keys", authorized.toString());
        Files.createDirectories(Path.of("/run/sshd"));
        write(
                "sshd_config",
                """
                ListenAddress 127.0.0.1:%d
                HostKey %s
                HostKey %s
                AuthorizedKeysFile %s
                PidFile none
                UsePAM no
                StrictModes no
                PasswordAuthentication no
                KbdInteractiveAuthentication no
                PermitRootLogin forced-commands-only
                LogLevel VERBOSE
                """
                        .formatted(
                                ssh,
                                path("host_ed25519"),
                                path("host_rsa"),
                                path("authorized_keys")));
        daemons.add(
                new Daemon(
                                file("sshd.log"),
                                Map.of(),
                                "/usr/sbin/sshd",
                                "-D",
                                "-e",
                                "-f",
                                path("sshd_config"))
                        .listens(ssh));
    }

    private void tinyproxy() throws IOException {
        write(
                "tinyproxy.conf",
                """
                Port %d
                Listen 127.0.0.1
                Timeout 60
                LogLevel Connect
                MaxClients 20
                Allow 127.0.0.1
                BasicAuth proxyuser %s
                ConnectPort %d
                """
                        .formatted(proxy, PROXY_PASSWORD, https));
        daemons.add(
                new Daemon(
                                file("proxy.log"),
                                Map.of(),
                                "tinyproxy",
                                "-d",
                                "-c",
                                path("tinyproxy.conf"))
                        .listens(proxy));
    }

    /** Who asked nginx for what, one request a line. */
    List<String> asked() {
        try {
            return Files.readAllLines(file("access"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The proxy's log. */
    String proxied() {
        try {
            return Files.readString(file("proxy.log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        for (int i = daemons.size() - 1; i >= 0; i--) {
            daemons.get(i).close();
        }
        Workshop.remove(folder);
    }
}
