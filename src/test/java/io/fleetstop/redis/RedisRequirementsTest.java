package io.fleetstop.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedisRequirementsTest {

  private static String info(String version, String role, String policy, int aof) {
    return "# Server\r\nredis_version:%s\r\nrole:%s\r\nmaxmemory_policy:%s\r\naof_enabled:%d\r\n"
        .formatted(version, role, policy, aof);
  }

  @Test
  void fitServer_hasNoWarning() {
    assertThat(
            RedisRequirements.check(
                info("6.2.0", "master", "noeviction", 1), RedisOptions.of("rediss://h")))
        .isEmpty();
    assertThat(
            RedisRequirements.check(
                info("10.0", "master", "noeviction", 1), RedisOptions.of("rediss://h")))
        .isEmpty();
  }

  @Test
  void serverWithoutAppendOnlyFile_isWarnedOf() {
    assertThat(
            RedisRequirements.check(
                info("7.0.15", "master", "noeviction", 0), RedisOptions.of("rediss://h")))
        .singleElement()
        .asString()
        .contains("rediss://h:6379", "appendonly");
  }

  @ParameterizedTest
  @CsvSource({
    "6.0.16,master,noeviction,6.2",
    "5.9,master,noeviction,6.2",
    "none,master,noeviction,6.2",
    "7.0.15,slave,noeviction,replica",
    "7.0.15,master,allkeys-lru,allkeys-lru",
    "7.0.15,master,volatile-ttl,volatile-ttl"
  })
  void unfitServer_isRefused(String version, String role, String policy, String named) {
    assertThatThrownBy(
            () ->
                RedisRequirements.check(
                    info(version, role, policy, 1), RedisOptions.of("rediss://h")))
        .isInstanceOf(RedisSetupException.class)
        .hasMessageContaining(named)
        .hasMessageContaining("rediss://h:6379");
  }

  @ParameterizedTest
  @CsvSource({"secret-7.0,noeviction", "5.0.1\u001b]52,noeviction", "7.0.1,secret1\u001b]52"})
  void textOfTheServer_isNotRepeated(String version, String policy) {
    assertThatThrownBy(
            () ->
                RedisRequirements.check(
                    info(version, "master", policy, 1), RedisOptions.of("rediss://h")))
        .isInstanceOf(RedisSetupException.class)
        .hasMessageContaining("was not readable");
  }

  @ParameterizedTest
  @CsvSource({
    "redis://h,true",
    "rediss://h,false",
    "redis://127.0.0.1,false",
    "redis://localhost:7000/2,false",
    "redis://127.0.0.1.example.com,true",
    "redis-sentinel://h#m,true",
    "rediss-sentinel://h#m,false",
    "redis-cluster://localhost,false",
    "'redis-cluster://localhost,h',true",
    "rediss-cluster://h,false"
  })
  void plainConnection_isWarnedOf(String url, boolean warned) {
    assertThat(
            RedisRequirements.check(
                info("7.0.15", "master", "noeviction", 1), RedisOptions.of(url)))
        .hasSize(warned ? 1 : 0);
  }
}
