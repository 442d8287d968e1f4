package io.fleetstop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Lists of named instances end, whatever the service lists beside them. */
class PageTokensTest {

  private static PageTokens named(int ids) {
    return new PageTokens(
        DescribeInstances.ofIds(
            IntStream.range(0, ids).mapToObj(i -> InstanceId.of("i-" + i)).toList()));
  }

  private static DescribeInstances.Page page(int number, String... ids) {
    List<Instance> instances =
        Stream.of(ids)
            .map(
                id ->
                    new Instance(
                        id, null, "RUNNING", null, null, null, null, null, null, null, null,
                        List.of()))
            .toList();
    return new DescribeInstances.Page(instances, "page-" + number, null);
  }

  private static int pagesUntilRejected(PageTokens pages, String... ids) {
    int number = 0;
    try {
      while (pages.next(page(number, ids)) != null) {
        number++;
      }
    } catch (EcsException e) {
      assertThat(e.errorCode()).isEqualTo(ClientErrors.UNREADABLE_REPLY);
      return number;
    }
    throw new AssertionError("the list ended as if it were complete");
  }

  /** A list of many pages with long tokens once filled the heap. */
  @Test
  void token_isNotKept() {
    PageTokens pages = new PageTokens(DescribeInstances.builder().build());
    WeakReference<String> token = new WeakReference<>(next(pages, "a".repeat(4_000)));

    for (int i = 0; i < 50 && token.get() != null; i++) {
      System.gc();
    }

    assertThat(token.get()).isNull();
    assertThatThrownBy(() -> next(pages, "a".repeat(4_000)))
        .hasMessageContaining("the token of the same next page twice");
  }

  private static String next(PageTokens pages, String token) {
    String next = pages.next(new DescribeInstances.Page(page(1, "i-1").instances(), token, null));
    return Objects.requireNonNull(next);
  }

  @Test
  void lastNamedInstance_endsTheList() {
    PageTokens pages = named(2);

    assertThat(pages.next(page(1, "i-1"))).isEqualTo("page-1");
    assertThat(pages.next(page(2, "i-0"))).isNull();
  }

  @Test
  void moreStrangersThanNames_areUnreadable() {
    PageTokens pages = named(2);

    assertThat(pages.next(page(1, "i-0", "i-8", "i-9"))).isEqualTo("page-1");
    assertThatThrownBy(() -> pages.next(page(2, "i-7")))
        .hasMessageContaining("more instances that were not requested than the request names");
  }

  @Test
  void strangersBesideAllNames_areNoError() {
    assertThat(named(1).next(page(1, "i-7", "i-8", "i-9", "i-0"))).isNull();
  }

  @Test
  void nameThatIsRepeated_endsTheList() {
    assertThat(pagesUntilRejected(named(10), "i-0")).isEqualTo(11);
  }

  @Test
  void emptyPagesBetweenOthers_endTheList() {
    PageTokens pages = named(100);
    int rejected = 0;
    for (int i = 1; rejected == 0 && i < 1_000; i++) {
      int number = i;
      try {
        pages.next(number % 2 == 0 ? page(number) : page(number, "i-" + number % 90));
      } catch (EcsException e) {
        rejected = number;
      }
    }
    assertThat(rejected).isBetween(100, 220);
  }
}
