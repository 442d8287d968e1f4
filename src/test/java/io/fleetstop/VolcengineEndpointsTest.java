package io.fleetstop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VolcengineEndpointsTest {

  @ParameterizedTest
  @CsvSource({
    // region, default, default with dual stack, standard, standard with dual stack
    "cn-beijing, open.volcengineapi.com, open.volcengineapi.com,"
        + " ecs.cn-beijing.volcengineapi.com, ecs.cn-beijing.volcengine-api.com",
    "ap-southeast-1, open.volcengineapi.com, open.volcengineapi.com,"
        + " ecs.ap-southeast-1.volcengineapi.com, ecs.ap-southeast-1.volcengine-api.com",
    "cn-beijing-autodriving, ecs.cn-beijing-autodriving.volcengineapi.com,"
        + " ecs.cn-beijing-autodriving.volcengine-api.com,"
        + " ecs.cn-beijing-autodriving.volcengineapi.com,"
        + " ecs.cn-beijing-autodriving.volcengine-api.com",
    "cn-shanghai-autodriving, ecs.cn-shanghai-autodriving.volcengineapi.com,"
        + " ecs.cn-shanghai-autodriving.volcengine-api.com,"
        + " ecs.cn-shanghai-autodriving.volcengineapi.com,"
        + " ecs.cn-shanghai-autodriving.volcengine-api.com",
    "cn-beijing-selfdrive, ecs.cn-beijing-selfdrive.volcengineapi.com,"
        + " ecs.cn-beijing-selfdrive.volcengine-api.com,"
        + " ecs.cn-beijing-selfdrive.volcengineapi.com,"
        + " ecs.cn-beijing-selfdrive.volcengine-api.com",
    "ap-southeast-2, ecs.ap-southeast-2.volcengineapi.com, ecs.ap-southeast-2.volcengine-api.com,"
        + " ecs.ap-southeast-2.volcengineapi.com, ecs.ap-southeast-2.volcengine-api.com",
    "ap-southeast-3, ecs.ap-southeast-3.volcengineapi.com, ecs.ap-southeast-3.volcengine-api.com,"
        + " ecs.ap-southeast-3.volcengineapi.com, ecs.ap-southeast-3.volcengine-api.com",
  })
  void endpoints_matchTheOfficialSdks(
      String region, String byDefault, String dualStack, String standard, String standardDual) {
    VolcengineEndpoints defaults = VolcengineEndpoints.defaults();
    VolcengineEndpoints always = VolcengineEndpoints.standard();

    assertThat(defaults.resolve("ecs", region)).isEqualTo(https(byDefault));
    assertThat(defaults.withDualStack(true).resolve("ecs", region)).isEqualTo(https(dualStack));
    assertThat(always.resolve("ecs", region)).isEqualTo(https(standard));
    assertThat(always.withDualStack(true).resolve("ecs", region)).isEqualTo(https(standardDual));
  }

  @Test
  void serviceName_becomesAHostName() {
    assertThat(VolcengineEndpoints.standard().resolve("storage_ebs", "cn-beijing"))
        .isEqualTo(https("storage-ebs.cn-beijing.volcengineapi.com"));
  }

  @Test
  void addedBootstrapRegions_keepTheOthers() {
    VolcengineEndpoints defaults = VolcengineEndpoints.defaults();
    VolcengineEndpoints further = defaults.withBootstrapRegions(List.of("cn-new-1"));

    assertThat(further.resolve("ecs", "cn-new-1"))
        .isEqualTo(https("ecs.cn-new-1.volcengineapi.com"));
    assertThat(further.resolve("ecs", "ap-southeast-2"))
        .isEqualTo(https("ecs.ap-southeast-2.volcengineapi.com"));
    assertThat(further.resolve("ecs", "cn-beijing")).isEqualTo(https("open.volcengineapi.com"));
    assertThat(defaults.resolve("ecs", "cn-new-1")).isEqualTo(https("open.volcengineapi.com"));
  }

  @Test
  void environment_addsRegionsAndDualStack(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("regions");
    Files.writeString(file, "cn-new-1\n\n  cn-new-2  \r\n");
    Map<String, String> variables =
        Map.of("VOLC_BOOTSTRAP_REGION_LIST_CONF", file.toString(), "VOLC_ENABLE_DUALSTACK", "true");

    VolcengineEndpoints endpoints = VolcengineEndpoints.defaults().withEnvironment(variables::get);

    for (String region : List.of("cn-new-1", "cn-new-2", "ap-southeast-3")) {
      assertThat(endpoints.resolve("ecs", region))
          .isEqualTo(https("ecs." + region + ".volcengine-api.com"));
    }
    assertThat(endpoints.resolve("ecs", "cn-beijing")).isEqualTo(https("open.volcengineapi.com"));
  }

  @Test
  void unsetVariables_changeNothing() {
    VolcengineEndpoints dual = VolcengineEndpoints.standard().withDualStack(true);
    URI expected = https("ecs.cn-beijing.volcengine-api.com");

    assertThat(dual.withEnvironment(name -> null).resolve("ecs", "cn-beijing")).isEqualTo(expected);
    assertThat(dual.withEnvironment(name -> "").resolve("ecs", "cn-beijing")).isEqualTo(expected);
    assertThat(
            dual.withEnvironment(Map.of("VOLC_ENABLE_DUALSTACK", "false")::get)
                .resolve("ecs", "cn-beijing"))
        .isEqualTo(https("ecs.cn-beijing.volcengineapi.com"));
  }

  @Test
  void errors_nameRegionOrFile(@TempDir Path folder) throws IOException {
    VolcengineEndpoints endpoints = VolcengineEndpoints.defaults();
    Path missing = folder.resolve("none");
    Path file = Files.writeString(folder.resolve("regions"), "cn-new-1\n# comment\n");

    assertThatThrownBy(() -> endpoints.resolve("ecs", "evil.example/"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "region must be lower-case letters, digits and '-', such as cn-beijing, was"
                + " \"evil.example/\"");
    assertThatThrownBy(() -> endpoints.withBootstrapRegions(List.of("CN")))
        .hasMessageStartingWith("bootstrap region must be");
    assertThatThrownBy(
            () ->
                endpoints.withEnvironment(
                    Map.of("VOLC_BOOTSTRAP_REGION_LIST_CONF", missing.toString())::get))
        .hasMessage(
            "VOLC_BOOTSTRAP_REGION_LIST_CONF must name a file that can be read, was \""
                + missing
                + "\": there is no such file");
    assertThatThrownBy(
            () ->
                endpoints.withEnvironment(
                    Map.of("VOLC_BOOTSTRAP_REGION_LIST_CONF", file.toString())::get))
        .hasMessageStartingWith("line of VOLC_BOOTSTRAP_REGION_LIST_CONF must be")
        .hasMessageEndingWith("was \"# comment\"");
  }

  private static URI https(String host) {
    return URI.create("https://" + host);
  }
}
