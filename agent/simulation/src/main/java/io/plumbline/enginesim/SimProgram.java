package io.plumbline.enginesim;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a command in a container does: the few words of a shell that tests use ({@code echo}, {@code
 * exit}, {@code sleep}), anything else runs until it is stopped.
 *
 * @param found whether the program is there
 * @param output its lines
 * @param exit code it ends with at once, null where it runs on
 */
record SimProgram(boolean found, List<String> output, @Nullable Integer exit) {

    static SimProgram of(List<String> argv) {
        var program = argv.isEmpty() ? "" : argv.getFirst();
        if (program.startsWith("/no")) {
            return new SimProgram(false, List.of(), 127);
        }
        if (argv.size() == 3 && program.endsWith("sh") && argv.get(1).equals("-c")) {
            return script(argv.get(2));
        }
        return new SimProgram(true, List.of(), null);
    }

    private static SimProgram script(String script) {
        var output = new ArrayList<String>();
        for (var command : script.split(";")) {
            var words = command.strip().split(" ", 2);
            var rest = words.length > 1 ? words[1].strip() : "";
            switch (words[0]) {
                case "echo" -> output.add(rest);
                case "exit" -> {
                    return new SimProgram(true, output, rest.isEmpty() ? 0 : Integer.valueOf(rest));
                }
                case "sleep" -> {
                    return new SimProgram(true, output, null);
                }
                default -> {
                    return new SimProgram(true, output, 0);
                }
            }
        }
        return new SimProgram(true, output, 0);
    }
}
