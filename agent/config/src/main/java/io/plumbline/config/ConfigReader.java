package io.plumbline.config;

import io.plumbline.core.FailureKind;
import io.plumbline.manifest.Diagnostic;
import io.plumbline.manifest.Position;
import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Problems;
import io.plumbline.manifest.yaml.YamlReader;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The reader of plumbline.yaml. It reports all errors at once, each with its position. Relative
 * paths are resolved against the file's folder.
 */
public final class ConfigReader {
    private static final int LARGEST = 1 << 20;

    private ConfigReader() {}

    /**
     * The result of reading.
     *
     * @param config null if there are errors
     * @param errors in the order of their positions
     */
    public record Result(@Nullable AgentConfig config, List<Diagnostic> errors) {}

    /**
     * Reads a configuration.
     *
     * @throws PlumblineException {@code INVALID} with one error a line, {@code MISSING} if the file
     *     does not exist, {@code DENIED} if it may not be read
     */
    public static AgentConfig read(Path file) {
        var result = parse(file, bytes(file));
        if (result.config() == null) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    result.errors().stream()
                            .map(Diagnostic::toString)
                            .collect(Collectors.joining("\n")));
        }
        return result.config();
    }

    /** Parses a configuration's bytes; never throws because of the content. */
    public static Result parse(Path file, byte[] bytes) {
        var name = file.toString();
        var yaml = YamlReader.read(name, bytes);
        var problems = new Problems();
        yaml.errors().forEach(problems::add);
        var documents = yaml.documents();
        if (documents.isEmpty() && problems.isEmpty()) {
            problems.add(
                    new Position(name, 1, 1), "", "the configuration is empty: name repositories");
        }
        if (documents.size() > 1) {
            problems.add(documents.get(1).root().position(), "", "a configuration is one document");
        }
        AgentConfig config = null;
        if (!documents.isEmpty() && documents.getFirst().complete()) {
            var folder = file.toAbsolutePath().normalize().getParent();
            config =
                    new ConfigDecoder(folder == null ? Path.of("/") : folder)
                            .config(Decoder.root(documents.getFirst().root(), problems));
        }
        return new Result(problems.isEmpty() ? config : null, problems.sorted());
    }

    private static byte[] bytes(Path file) {
        try (var in = Files.newInputStream(file)) {
            // One more than the limit, so that the YAML layer reports that it is too large.
            return in.readNBytes(LARGEST + 1);
        } catch (NoSuchFileException e) {
            throw new PlumblineException(
                    FailureKind.MISSING, "there is no configuration at " + file, e);
        } catch (AccessDeniedException e) {
            throw new PlumblineException(
                    FailureKind.DENIED, "the configuration " + file + " may not be read", e);
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.INVALID, "cannot read the configuration " + file + ": " + e, e);
        }
    }
}
