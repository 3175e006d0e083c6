package io.plumbline.runtime.render;

import io.plumbline.port.FileBytes;
import io.plumbline.port.GitSource;
import io.plumbline.port.GitSource.TreeFile;
import io.plumbline.runtime.git.RepositoryReader;
import java.util.Map;
import java.util.Optional;

/**
 * The regular files of a commit. Links and submodules are never followed.
 *
 * @param tree by path
 */
public record TreeFiles(Map<String, TreeFile> tree, GitSource git) implements Renderer.Files {

    @Override
    public Optional<FileBytes> open(String path, int limit) {
        var file = tree.get(path);
        if (file == null) {
            return Optional.empty();
        }
        return switch (file.kind()) {
            case REGULAR, EXECUTABLE -> Optional.of(git.content(file.blob(), limit));
            case SYMLINK, SUBMODULE -> Optional.empty();
        };
    }

    @Override
    public Optional<String> refusal(String path) {
        for (int end = path.length(); end > 0; end = path.lastIndexOf('/', end - 1)) {
            var file = tree.get(path.substring(0, end));
            if (file != null) {
                return switch (file.kind()) {
                    case SYMLINK -> Optional.of(file.path() + " " + RepositoryReader.LINK);
                    case SUBMODULE -> Optional.of(file.path() + " " + RepositoryReader.SUBMODULE);
                    case REGULAR, EXECUTABLE -> Optional.empty();
                };
            }
        }
        return Optional.empty();
    }
}
