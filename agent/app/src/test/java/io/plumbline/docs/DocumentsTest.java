package io.plumbline.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.core.webhook.Provider;
import io.plumbline.engine.docker.live.Labels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The project's pages and what cites them: each citation leads to a text in this repository. */
class DocumentsTest {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]*)(#[^)\\s]*)?\\)");
    private static final Pattern PAGE = Pattern.compile("(?<![/\\w])docs/[a-z0-9/-]+\\.md\\b");
    private static final Pattern INVARIANTS =
            Pattern.compile("\\b[Ii]nvariants? (\\d+)(?:(?:,| and) (\\d+))*");
    private static final Pattern DECISION = Pattern.compile("\\bdecision (\\d+)\\b");
    private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} (.+)$");

    /** Names of texts that are not in this repository. */
    private static final Pattern ELSEWHERE =
            Pattern.compile(
                    "\\b[Ll]aws? \\d|\\b[Cc]ontract, section|[Cc]ontract's (?:JSON|word|section)|design\\.md");

    @Test
    void everyLinkLeadsToAPageAndAHeading() throws IOException {
        var broken = new ArrayList<String>();
        for (var page : Checkout.pages()) {
            var text = withoutCode(Files.readString(page));
            var links = LINK.matcher(text);
            while (links.find()) {
                var to = links.group(1);
                if (to.contains("://") || to.startsWith("mailto:")) {
                    continue;
                }
                var target = to.isEmpty() ? page : page.resolveSibling(to).normalize();
                var anchor = links.group(2);
                if (!Files.exists(target)
                        || (anchor != null && !anchors(target).contains(anchor.substring(1)))) {
                    broken.add(Checkout.ROOT.relativize(page) + ": " + links.group());
                }
            }
        }
        assertThat(broken).isEmpty();
    }

    @Test
    void everyCitationResolves() throws IOException {
        var invariants = Files.readString(Checkout.ROOT.resolve("docs/invariants.md"));
        var broken = new ArrayList<String>();
        for (var file :
                Stream.concat(Checkout.sources().stream(), Checkout.pages().stream()).toList()) {
            var text = Files.readString(file);
            if (file.endsWith("DocumentsTest.java")) {
                continue;
            }
            each(
                    ELSEWHERE,
                    text,
                    cited -> broken.add(Checkout.ROOT.relativize(file) + ": " + cited));
            each(
                    PAGE,
                    text,
                    cited -> {
                        if (!Files.exists(Checkout.ROOT.resolve(cited))) {
                            broken.add(Checkout.ROOT.relativize(file) + ": " + cited);
                        }
                    });
            each(
                    INVARIANTS,
                    text,
                    cited ->
                            Pattern.compile("\\d+")
                                    .matcher(cited)
                                    .results()
                                    .filter(n -> !invariants.contains("\n## " + n.group() + " "))
                                    .forEach(
                                            _ ->
                                                    broken.add(
                                                            Checkout.ROOT.relativize(file)
                                                                    + ": "
                                                                    + cited)));
            each(
                    DECISION,
                    text,
                    cited -> {
                        if (!decided(Integer.parseInt(cited.replaceAll("\\D", "")))) {
                            broken.add(Checkout.ROOT.relativize(file) + ": " + cited);
                        }
                    });
        }
        assertThat(broken).isEmpty();
    }

    @Test
    void theReferenceListsEveryEventType() throws IOException {
        assertThat(firstColumn("docs/reference.md", "Events"))
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(EventType.values()).map(EventType::word).toList());
    }

    @Test
    void theReferenceListsEveryLabel() throws Exception {
        var labels = new ArrayList<String>();
        for (var field : Labels.class.getFields()) {
            if (Modifier.isStatic(field.getModifiers()) && !field.getName().equals("PREFIX")) {
                labels.add(String.valueOf(field.get(null)));
            }
        }
        assertThat(firstColumn("docs/reference.md", "Names and labels on the engine"))
                .containsAll(labels);
    }

    @Test
    void theModulesAreListedInTheirOrder() throws IOException {
        var pom = Files.readString(Checkout.ROOT.resolve("agent/pom.xml"));
        var modules =
                Stream.concat(
                                Stream.of("manifests-schema"),
                                Pattern.compile("<module>(.*)</module>")
                                        .matcher(pom)
                                        .results()
                                        .map(m -> "agent/" + m.group(1)))
                        .toList();
        assertThat(firstColumn("CONTRIBUTING.md", "The code on a page"))
                .containsExactlyElementsOf(modules);
        var script = Files.readString(Checkout.ROOT.resolve("scripts/lib.sh"));
        var listed = Pattern.compile("(?s)MODULES=\\((.*?)\\)").matcher(script);
        assertThat(listed.find()).isTrue();
        assertThat(listed.group(1).strip().split("\\s+")).containsExactlyElementsOf(modules);
    }

    @Test
    void everyWebhookProviderHasItsPlaceOnThePage() throws IOException {
        assertThat(Files.readString(Checkout.ROOT.resolve("docs/connect-your-git-host.md")))
                .contains(Stream.of(Provider.values()).map(Provider::word).toList());
    }

    @Test
    void theConceptsListEveryState() throws IOException {
        assertThat(firstColumn("docs/concepts.md", "States of a pipeline"))
                .containsExactlyElementsOf(
                        Arrays.stream(SyncState.values()).map(SyncState::word).toList());
        assertThat(firstColumn("docs/concepts.md", "Health of a pipeline"))
                .containsExactlyElementsOf(
                        Arrays.stream(HealthState.values()).map(HealthState::word).toList());
        assertThat(firstColumn("docs/concepts.md", "States of a deployment"))
                .containsAll(
                        Stream.of(DeploymentState.values())
                                .filter(s -> s != DeploymentState.RESOLVING)
                                .filter(s -> s != DeploymentState.RUNNING)
                                .map(DeploymentState::word)
                                .toList());
    }

    /** The words in code marks in the first column of the tables below a heading. */
    private static List<String> firstColumn(String page, String heading) throws IOException {
        var text = Files.readString(Checkout.ROOT.resolve(page));
        int from = text.indexOf("\n## " + heading + "\n");
        assertThat(from).as("heading %s in %s", heading, page).isNotNegative();
        int to = text.indexOf("\n## ", from + 4);
        return text.substring(from, to < 0 ? text.length() : to)
                .lines()
                .filter(line -> line.startsWith("| `"))
                .flatMap(
                        line ->
                                Pattern.compile("`([^`]+)`")
                                        .matcher(line.substring(0, line.indexOf(" |", 2)))
                                        .results()
                                        .map(m -> m.group(1)))
                .toList();
    }

    private interface Found {
        void at(String text);
    }

    private static void each(Pattern pattern, String text, Found found) {
        var m = pattern.matcher(text);
        while (m.find()) {
            found.at(m.group());
        }
    }

    private static boolean decided(int number) {
        try (var all = Files.list(Checkout.ROOT.resolve("docs/decisions"))) {
            var prefix = String.format(Locale.ROOT, "%04d-", number);
            return all.anyMatch(f -> f.getFileName().toString().startsWith(prefix));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Headings as a Git host's page addresses them: lower case, no marks, dashes for spaces. */
    private static List<String> anchors(Path page) throws IOException {
        return HEADING.matcher(withoutCode(Files.readString(page)))
                .results()
                .map(m -> m.group(1).strip().toLowerCase(Locale.ROOT))
                .map(h -> h.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
                .toList();
    }

    private static String withoutCode(String text) {
        return Pattern.compile("(?ms)^ *```.*?^ *```").matcher(text).replaceAll("");
    }
}
