package io.fleetstop.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RunKeysTest {

  @Test
  void runsOfDifferentNames_haveDifferentKeys_eachInOneSlot() {
    List<String> names = List.of("a{b", "a(b", "a}b", "a)b", "a%7Bb", "a");
    Set<String> keys = new HashSet<>();
    for (String name : names) {
      List<String> all = new RunKeys(name).all();
      keys.addAll(all);
      String tag = all.get(0).substring("fleetstop:".length());
      assertThat(tag).matches("\\{[^{}]+}");
      assertThat(all).allSatisfy(key -> assertThat(key).startsWith("fleetstop:" + tag));
    }
    assertThat(keys).hasSize(8 * names.size());
  }
}
