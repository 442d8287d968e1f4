package io.fleetstop.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedisOptionsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "redis://localhost redis://localhost:6379",
        "redis://u:secret@h:7000/3 redis://h:7000/3",
        "rediss://u:secret@h rediss://h:6379",
        "redis-sentinel://u:secret@h1,h2:27000/2#main redis-sentinel://h1:26379,h2:27000/2#main",
        "redis-cluster://u:secret@h1:7000,h2:7001 redis-cluster://h1:7000,h2:7001",
        "rediss-cluster://:secret@h1:7000 rediss-cluster://h1:7000",
        "redis://u:secret@h?timeout=3s redis://h:6379"
      })
  void address_hasNoUserAndNoPassword(String url, String address) {
    RedisOptions options = RedisOptions.of(url);
    assertThat(options.address()).isEqualTo(address);
    assertThat(options).hasToString(address);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://user:secret@h",
        "user:secret@h",
        "redis://user:sec ret@h",
        "redis://user:secret@",
        "redis://user:secret#1@h:port",
        "redis://user:secret@h:99999",
        "redis-sentinel://user:secret@h1,h2",
        "redis://user:secret",
        "redis-cluster://user:secret@",
        "redis://user:sec/ret@h",
        "redis://?password=secret",
        "rediss://u:secret@h?verifyPeer=NONE",
        "rediss://u:secret@h?verifyPeer=CA",
        "rediss-cluster://u:secret@h1,h2?verifyPeer=none",
        "rediss-sentinel://u:secret@h1?verifyPeer=NONE#m"
      })
  void invalidUrl_isRejectedWithoutSecrets(String url) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RedisOptions.of(url))
        .withMessageStartingWith("the URL of Redis ")
        .withNoCause()
        .satisfies(
            failure -> assertThat(failure.getMessage()).doesNotContain("user:", "secret", "sec "));
  }

  @Test
  void tls_isOnForItsSchemes() {
    assertThat(RedisOptions.of("rediss://h").servers().get(0).isSsl()).isTrue();
    assertThat(RedisOptions.of("rediss-cluster://h").servers().get(0).isSsl()).isTrue();
    assertThat(RedisOptions.of("redis://h").servers().get(0).isSsl()).isFalse();
  }

  @Test
  void credentials_areAddedToEachServer() {
    RedisOptions options =
        RedisOptions.of("redis-cluster://h1,h2").withCredentials("user", "se:cr@t");
    assertThat(options.servers())
        .hasSize(2)
        .allSatisfy(
            server -> {
              var credentials = server.getCredentialsProvider().resolveCredentials().block();
              assertThat(credentials).isNotNull();
              assertThat(credentials.getUsername()).isEqualTo("user");
              assertThat(new String(credentials.getPassword())).isEqualTo("se:cr@t");
            });
  }
}
