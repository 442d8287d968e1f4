package io.fleetstop.cli.select;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.options.FilterArguments.TagMatch;
import io.fleetstop.cli.output.InstanceLabel;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SelectedInstancesTest {

  private static final InstanceId ID = InstanceId.of("i-1");

  private final SelectedInstances selection =
      new SelectedInstances(
          new Exclusions(new TagMatch("keep", null), Map.of(), NeverStopList.NONE, false),
          Set.of());

  private static Instance instance(Instance.Tag... tags) {
    return new Instance(
        "i-1", "db", "RUNNING", null, null, null, null, null, null, null, null, List.of(tags));
  }

  private void assertSkipped() {
    assertThat(selection.ids()).isEmpty();
    assertThat(selection.skipped()).containsExactly(Map.entry(ID, "protected by its tag keep"));
    assertThat(selection.all()).containsExactly(ID);
  }

  @Test
  void tagThenNoTag_isProtected() {
    selection.add(ID, instance(new Instance.Tag("keep", "")));
    selection.add(ID, instance());
    assertSkipped();
  }

  @Test
  void noTagThenTag_isProtected() {
    selection.add(ID, instance());
    selection.add(ID, instance(new Instance.Tag("keep", "")));
    assertSkipped();
    assertThat(selection.names()).isEmpty();
  }

  @Test
  void duplicateInstance_countsOnce() {
    selection.add(ID, instance());
    selection.add(ID, instance());
    assertThat(selection.ids()).containsExactly(ID);
    assertThat(selection.names()).isEqualTo("db (i-1)");
  }

  @Test
  void counts_leaveOutWhatIsSkippedLater() {
    selection.add(ID, instance());
    selection.add(InstanceId.of("i-2"), null);
    assertThat(selection.breakdown().statuses())
        .containsExactly(Map.entry("RUNNING", 1L), Map.entry("not described", 1L));

    selection.add(ID, instance(new Instance.Tag("keep", "")));
    assertThat(selection.breakdown().statuses()).containsExactly(Map.entry("not described", 1L));
  }

  @Test
  void namedInstances_areSkippedOrCounted() {
    InstanceId other = InstanceId.of("i-2");
    Set<InstanceId> named = new LinkedHashSet<>(List.of(ID, other));
    selection.begin(named);
    selection.add(ID, instance(new Instance.Tag("keep", "")));
    selection.addMissing(other);

    assertThat(selection.ids()).containsExactly(other);
    assertThat(selection.skipped()).containsOnlyKeys(ID);
    assertThat(selection.missing()).containsExactly(other);
    assertThat(selection.breakdown().statuses()).containsExactly(Map.entry("missing", 1L));
    assertThat(selection.size()).isEqualTo(2);
    assertThat(named).hasSize(2);
  }

  /** Names of a service that invents some without end must not fill the memory. */
  @Test
  void textOfInstances_isBounded() {
    SelectedInstances many =
        new SelectedInstances(Exclusions.NONE, Set.of(), new InstanceLabels(1 << 18));
    for (int i = 0; i < 20_000; i++) {
      InstanceId id = InstanceId.of("i-" + i);
      many.add(
          id,
          new Instance(
              id.value(),
              "name",
              "S" + i,
              null,
              null,
              null,
              null,
              null,
              null,
              null,
              null,
              List.of()));
    }

    assertThat(many.ids()).hasSize(20_000);
    assertThat(many.label("i-249").name()).isEqualTo("name");
    assertThat(many.label("i-19999")).isEqualTo(InstanceLabel.UNKNOWN);
    assertThat(many.labelsText())
        .matches(
            "Names, zones and tags are shown for [\\d,]+ of 20,000 instances:"
                + " more need a larger heap \\(JAVA_OPTS=-Xmx\\.\\.\\.\\)");
    assertThat(many.breakdown().statuses()).hasSize(10_001).containsEntry("other", 10_000L);
  }
}
