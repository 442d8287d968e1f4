package io.fleetstop.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class CredentialsChainTest {

  private static final Credentials FIRST = Credentials.of("AK1", "SK1");
  private static final Credentials SECOND = Credentials.of("AK2", "SK2");
  private static final Credentials RENEWED = Credentials.of("AK3", "SK3");

  private final Source first = new Source("first");
  private final Source second = new Source("second");
  private final CredentialsProvider chain = CredentialsProvider.chain(first, second);

  @Test
  void sources_areTriedInOrder() {
    second.answer = SECOND;

    StepVerifier.create(chain.resolve()).expectNext(SECOND).verifyComplete();
    assertThat(first.asked).isEqualTo(1);
  }

  @Test
  void laterSources_areNotSubscribed() {
    first.answer = FIRST;

    StepVerifier.create(chain.resolve()).expectNext(FIRST).verifyComplete();
    assertThat(second.asked).isZero();
  }

  @Test
  void resolve_isCold() {
    Mono<Credentials> unused = chain.resolve();

    assertThat(first.asked).isZero();
  }

  @Test
  void firstSuccessfulSource_isKept() {
    second.answer = SECOND;
    StepVerifier.create(chain.resolve()).expectNext(SECOND).verifyComplete();
    first.answer = FIRST;

    StepVerifier.create(chain.resolve()).expectNext(SECOND).verifyComplete();
    assertThat(first.asked).isEqualTo(1);
    assertThat(second.asked).isEqualTo(2);
  }

  @Test
  void concurrentCallers_getTheSameIdentity() {
    // The first caller has passed the first source and waits for the second.
    Sinks.One<Credentials> slow = Sinks.one();
    CredentialsProvider racing = CredentialsProvider.chain(first, slow::asMono);
    AtomicReference<Credentials> early = new AtomicReference<>();
    racing.resolve().subscribe(early::set);
    first.answer = FIRST;
    StepVerifier.create(racing.resolve()).expectNext(FIRST).verifyComplete();

    slow.tryEmitValue(SECOND);

    assertThat(early.get()).isEqualTo(FIRST);
    StepVerifier.create(racing.resolve()).expectNext(FIRST).verifyComplete();
  }

  @Test
  void selectedSourceFails_noOtherSourceIsUsed() {
    first.answer = FIRST;
    second.answer = SECOND;
    StepVerifier.create(chain.resolve()).expectNext(FIRST).verifyComplete();
    first.answer = null;

    StepVerifier.create(chain.resolve())
        .verifyErrorSatisfies(error -> assertThat(error).hasMessageContaining("first: nothing"));
    assertThat(second.asked).isZero();
  }

  @Test
  void selectedSourceDownAfterRejection_noOtherIsUsed() {
    first.answer = FIRST;
    second.answer = SECOND;
    StepVerifier.create(chain.resolve()).expectNext(FIRST).verifyComplete();
    first.answer = null;

    chain.invalidate(FIRST);

    StepVerifier.create(chain.resolve())
        .verifyErrorSatisfies(error -> assertThat(error).hasMessageContaining("first: nothing"));
    assertThat(second.asked).isZero();
    first.answer = RENEWED;
    StepVerifier.create(chain.resolve()).expectNext(RENEWED).verifyComplete();
  }

  @Test
  void rejectedCredentials_keepTheSelectedSource() {
    second.answer = SECOND;
    StepVerifier.create(chain.resolve()).expectNext(SECOND).verifyComplete();
    first.answer = FIRST;
    second.answer = RENEWED;

    chain.invalidate(SECOND);

    StepVerifier.create(chain.resolve()).expectNext(RENEWED).verifyComplete();
    assertThat(second.invalidated).containsExactly(SECOND);
    assertThat(first.invalidated).isEmpty();
  }

  @Test
  void rejectionBeforeAnyAnswer_isIgnored() {
    chain.invalidate(FIRST);

    assertThat(first.invalidated).isEmpty();
    assertThat(second.invalidated).isEmpty();
  }

  @Test
  void lateRejectionOfOldCredentials_isIgnored() {
    CredentialsProvider keeping =
        CredentialsProvider.chain(RefreshingCredentials.of(first), second);
    first.answer = FIRST;
    StepVerifier.create(keeping.resolve()).expectNext(FIRST).verifyComplete();
    first.answer = SECOND;
    keeping.invalidate(FIRST);
    StepVerifier.create(keeping.resolve()).expectNext(SECOND).verifyComplete();

    keeping.invalidate(FIRST);

    StepVerifier.create(keeping.resolve()).expectNext(SECOND).verifyComplete();
    assertThat(first.asked).isEqualTo(2);
  }

  @Test
  void lateOldAnswer_doesNotHideRejectionOfTheNew() {
    Sinks.One<Credentials> late = Sinks.one();
    Iterator<Mono<Credentials>> answers =
        List.of(Mono.just(FIRST), late.asMono(), Mono.just(RENEWED)).iterator();
    List<Credentials> refused = new ArrayList<>();
    CredentialsProvider source =
        new CredentialsProvider() {
          @Override
          public Mono<Credentials> resolve() {
            return answers.next();
          }

          @Override
          public void invalidate(Credentials rejected) {
            refused.add(rejected);
          }
        };
    CredentialsProvider alone = CredentialsProvider.chain(source);
    StepVerifier.create(alone.resolve()).expectNext(FIRST).verifyComplete();
    alone.resolve().subscribe();
    alone.invalidate(FIRST);
    StepVerifier.create(alone.resolve()).expectNext(RENEWED).verifyComplete();
    late.tryEmitValue(FIRST);

    alone.invalidate(RENEWED);

    assertThat(refused).containsExactly(FIRST, RENEWED);
  }

  @Test
  void nothingConfigured_errorHasEveryReason() {
    StepVerifier.create(CredentialsProvider.chain(first, second, Mono::empty).resolve())
        .verifyErrorSatisfies(
            error -> {
              assertThat(error).isInstanceOf(EcsException.class);
              EcsException all = (EcsException) error;
              assertThat(all.errorCode()).isEqualTo(ClientErrors.CREDENTIALS_UNAVAILABLE);
              assertThat(all.delivery()).isEqualTo(Delivery.NOT_SENT);
              assertThat(all.detail())
                  .isEqualTo("first: nothing; second: nothing; a source returned no credentials");
            });
  }

  @Test
  void brokenSource_endsTheChain() {
    CredentialsProvider strange =
        () -> Mono.error(new IllegalStateException("who knows what secret"));
    CredentialsProvider throwing =
        () -> {
          throw new IllegalStateException("who knows what secret");
        };
    second.answer = SECOND;

    for (CredentialsProvider broken : List.of(strange, throwing)) {
      StepVerifier.create(CredentialsProvider.chain(first, broken, second).resolve())
          .verifyErrorSatisfies(
              error -> {
                assertThat(error).isInstanceOf(EcsException.class);
                assertThat(((EcsException) error).detail())
                    .isEqualTo(
                        "a source of the chain failed: IllegalStateException; skipped before it:"
                            + " first: nothing");
              });
    }
    assertThat(second.asked).isZero();
  }

  @Test
  void sourceOfTheUser_isSkippedWhereNothingIsConfigured() {
    CredentialsProvider absent =
        () -> Mono.error(CredentialsProvider.notConfigured("vault: VAULT_ADDR is not set"));
    second.answer = SECOND;

    StepVerifier.create(CredentialsProvider.chain(absent, second).resolve())
        .expectNext(SECOND)
        .verifyComplete();
  }

  @Test
  void failure_isNotCached() {
    Mono<Credentials> resolve = chain.resolve();
    StepVerifier.create(resolve).verifyError(EcsException.class);
    first.answer = FIRST;

    StepVerifier.create(resolve).expectNext(FIRST).verifyComplete();
  }

  @Test
  void concurrentSubscriptions_getOneIdentity() {
    second.answer = SECOND;

    StepVerifier.create(
            Flux.range(0, 1_000)
                .parallel(4)
                .runOn(Schedulers.parallel())
                .flatMap(i -> chain.resolve())
                .sequential()
                .distinct()
                .collectList())
        .expectNext(List.of(SECOND))
        .verifyComplete();
  }

  @Test
  void emptyChain_isRejected() {
    assertThatThrownBy(CredentialsProvider::chain)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("sources must have at least one entry");
  }

  private static final class Source implements CredentialsProvider {

    private final String name;
    private final List<Credentials> invalidated = new ArrayList<>();
    private volatile @Nullable Credentials answer;
    private volatile int asked;

    Source(String name) {
      this.name = name;
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // counted where one thread asks
    public Mono<Credentials> resolve() {
      return Mono.fromSupplier(
          () -> {
            asked++;
            Credentials now = answer;
            if (now == null) {
              throw CredentialsErrors.notConfigured(name + ": nothing");
            }
            return now;
          });
    }

    @Override
    public void invalidate(Credentials rejected) {
      invalidated.add(rejected);
    }
  }
}
