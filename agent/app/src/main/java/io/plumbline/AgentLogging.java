package io.plumbline;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.status.NopStatusListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import net.logstash.logback.encoder.LogstashEncoder;
import net.logstash.logback.fieldnames.LogstashFieldNames;
import org.slf4j.Logger;

/**
 * The configuration of the agent's log, which Logback finds as a service. It is code, because
 * reading it from XML takes a tenth of the agent's start.
 *
 * <p>The system property {@code plumbline.log} selects {@code TEXT} or {@code JSON} and must be set
 * before the first line. {@code plumbline.level} is the level. If {@code plumbline.log} is not set,
 * or {@code logback.configurationFile} names a file that exists, Logback reads its own files
 * instead.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_NORMAL_PRIORITY)
public final class AgentLogging extends ContextAwareBase implements Configurator {
    static final String FORM = "plumbline.log";

    private static final String FILE = "logback.configurationFile";

    private static final String LINE =
            "%d{HH:mm:ss.SSS} %-5level %logger{0} %replace(%X{pipeline} ){'^ $',''}"
                    + "%replace(%msg){'[\\r\\n]+', ' | '}"
                    + "%replace( \\(%kvp{NONE}\\)){' \\(\\)',''}%n%ex";

    private static final Map<String, Level> LEVELS =
            Map.of(
                    "com.github.dockerjava", Level.WARN,
                    "io.netty", Level.WARN,
                    "org.eclipse.jgit", Level.WARN,
                    // What it warns of is in the failure that the fetch ends with.
                    "org.apache.sshd", Level.ERROR,
                    "org.eclipse.jgit.internal.transport.sshd", Level.ERROR);

    @Override
    public ExecutionStatus configure(LoggerContext log) {
        var form = System.getProperty(FORM);
        var file = System.getProperty(FILE);
        if (form == null || (file != null && exists(file))) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        configure(log, form, Level.toLevel(System.getProperty("plumbline.level"), Level.INFO));
        if (file != null) {
            log.getLogger(AgentLogging.class).warn("{}: there is no {}", FILE, file);
        }
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /** Whether there is such a file, resource or, as far as its form says, address. */
    private static boolean exists(String name) {
        return name.matches("[a-z]{2,}:.*")
                || Files.isReadable(Path.of(name))
                || ClassLoader.getSystemResource(name) != null;
    }

    /** Makes a context write to standard error in that form. */
    public static void configure(LoggerContext log, String form, Level level) {
        log.getStatusManager().add(new NopStatusListener());
        LEVELS.forEach((name, least) -> log.getLogger(name).setLevel(least));
        var appender = new ConsoleAppender<ILoggingEvent>();
        appender.setContext(log);
        appender.setName(form);
        appender.setTarget("System.err");
        appender.setEncoder(form.equals("JSON") ? json(log) : text(log));
        appender.start();
        var root = log.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(level);
        root.addAppender(appender);
    }

    private static Encoder<ILoggingEvent> text(LoggerContext log) {
        var encoder = new PatternLayoutEncoder();
        encoder.setContext(log);
        encoder.setPattern(LINE);
        encoder.start();
        return encoder;
    }

    /** One JSON object a line: time, level, message and the fields of docs/operations.md. */
    private static Encoder<ILoggingEvent> json(LoggerContext log) {
        var names = new LogstashFieldNames();
        names.setTimestamp("time");
        names.setVersion("[ignore]");
        names.setLevelValue("[ignore]");
        var encoder = new LogstashEncoder();
        encoder.setContext(log);
        encoder.setTimeZone("UTC");
        encoder.setFieldNames(names);
        encoder.start();
        return encoder;
    }
}
