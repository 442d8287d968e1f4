package io.fleetstop.cli.options;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegionNamesTest {

  @ParameterizedTest
  @CsvSource({
    "cn-beijng, cn-beijing",
    "cn-shangai, cn-shanghai",
    "cn-beijing-a, cn-beijing",
    "beijing, cn-beijing",
    "ap-southeast1, ap-southeast-1"
  })
  void nearlyAPublicRegion_isWarnedOf(String name, String meant) {
    assertThat(RegionNames.warning(name))
        .isEqualTo("warning: there is no public region " + name + "; did you mean " + meant + "?");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cn-beijing", "cn-hongkong", "cn-chengdu-sdv", "eu-west-1"})
  void otherNames_mayBeRegions(String name) {
    assertThat(RegionNames.warning(name)).isNull();
  }
}
