package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import io.fleetstop.model.InstanceId;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class IdSetTest {

  private static final Logger LOG = LoggerFactory.getLogger(IdSetTest.class);
  private static final String LETTERS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

  @Test
  void iteration_hasTheOrderOfAddition() {
    IdSet ids = new IdSet();
    List<InstanceId> added = new ArrayList<>();
    assertThat(ids.iterator().hasNext()).isFalse();
    for (int i = 0; i < 20_000; i++) {
      InstanceId id = InstanceId.of("i-" + "x".repeat(i % 100) + i);
      added.add(id);
      ids.add(id);
      ids.add(id);
    }

    assertThat(new ArrayList<>(ids)).isEqualTo(added);
    assertThat(ids).hasSize(20_000);
    assertThatThrownBy(() -> ids.remove(added.get(0)))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void iterator_isNotAffectedByLaterAdditions() {
    IdSet ids = new IdSet();
    ids.add(InstanceId.of("i-1"));
    Iterator<InstanceId> iterator = ids.iterator();
    ids.add(InstanceId.of("i-2"));

    assertThat(iterator.next()).isEqualTo(InstanceId.of("i-1"));
    assertThatThrownBy(iterator::next).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void agreesWithHashSet() {
    long seed = Long.getLong("fleetstop.seed", System.nanoTime());
    LOG.info("ids by -Dfleetstop.seed={}", seed);
    Random random = new Random(seed);
    for (int round = 0; round < 30; round++) {
      IdSet ids = new IdSet(random.nextLong());
      Set<InstanceId> known = new HashSet<>();
      // Short ids repeat; long ids fill chunks.
      int maxLength = 1 + random.nextInt(round % 2 == 0 ? 3 : InstanceId.MAX_LENGTH);
      for (int i = 0; i < 20_000; i++) {
        InstanceId id = randomId(random, maxLength);
        assertThat(ids.contains(id)).isEqualTo(known.contains(id));
        assertThat(ids.add(id)).isEqualTo(known.add(id));
        assertThat(ids.size()).isEqualTo(known.size());
      }
      known.forEach(id -> assertThat(ids.contains(id)).isTrue());
    }
  }

  private static InstanceId randomId(Random random, int maxLength) {
    StringBuilder id = new StringBuilder();
    int length = 1 + random.nextInt(maxLength);
    while (id.length() < length) {
      id.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return InstanceId.of(id.toString());
  }

  @Test
  void idsWithSameHash_areDistinct() {
    IdSet ids = new IdSet();
    // "Aa" and "BB" have the same hash code, and so does every concatenation of them.
    for (int i = 0; i < 1 << 12; i++) {
      assertThat(ids.add(row(i, 12))).isTrue();
    }
    for (int i = 0; i < 1 << 12; i++) {
      assertThat(row(i, 12).value().hashCode()).isEqualTo(row(0, 12).value().hashCode());
      assertThat(ids.add(row(i, 12))).isFalse();
    }
    assertThat(ids.size()).isEqualTo(1 << 12);
  }

  private static InstanceId row(int bits, int pairs) {
    StringBuilder id = new StringBuilder();
    for (int bit = 0; bit < pairs; bit++) {
      id.append((bits >> bit & 1) == 0 ? "Aa" : "BB");
    }
    return InstanceId.of(id.toString());
  }

  /** A run once compared each of such instances with all the others. */
  @Test
  void idsWithSameHash_doNotCollide() {
    List<InstanceId> ids = IntStream.range(0, 1 << 16).mapToObj(i -> row(i, 16)).toList();

    assertTimeout(
        Duration.ofSeconds(5),
        () -> {
          IdSet set = new IdSet();
          ids.forEach(id -> assertThat(set.add(id)).isTrue());
          ids.forEach(id -> assertThat(set.contains(id)).isTrue());
        });
  }

  @Test
  void hash_isAPolynomialModuloThePrime() {
    long prime = (1L << 61) - 1;
    Random random = new Random(7);
    for (int round = 0; round < 1_000; round++) {
      long hash = round == 0 ? prime - 1 : random.nextLong(prime);
      long point = round == 0 ? prime - 1 : random.nextLong(1L << 32, prime);
      int next = random.nextInt(128);
      BigInteger expected =
          BigInteger.valueOf(hash)
              .multiply(BigInteger.valueOf(point))
              .add(BigInteger.valueOf(next))
              .mod(BigInteger.valueOf(prime));
      assertThat(IdSet.hashStep(hash, point, next)).isEqualTo(expected.longValueExact());
    }
    // The sum is the prime, and one more.
    assertThat(IdSet.hashStep(1, prime - 5, 5)).isZero();
    assertThat(IdSet.hashStep(1, prime - 5, 6)).isEqualTo(1);
  }

  @Test
  void sequentialIds_fillManyChunks() {
    IdSet ids = new IdSet();
    for (int i = 0; i < 200_000; i++) {
      assertThat(ids.add(InstanceId.of("i-sim" + i))).isTrue();
    }
    for (int i = 0; i < 200_000; i++) {
      assertThat(ids.contains(InstanceId.of("i-sim" + i))).isTrue();
    }
    assertThat(ids.contains(InstanceId.of("i-sim200000"))).isFalse();
    assertThat(ids.size()).isEqualTo(200_000);
  }
}
