package io.fleetstop.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

class EnvironmentCredentialsTest {

  private final Map<String, String> variables = new HashMap<>();
  private final CredentialsProvider provider = new EnvironmentCredentials(variables::get);

  @Test
  void permanentKeys_areRead() {
    variables.put("VOLCENGINE_ACCESS_KEY", "AK");
    variables.put("VOLCENGINE_SECRET_KEY", "SK");
    variables.put("VOLCENGINE_SESSION_TOKEN", "");

    StepVerifier.create(provider.resolve()).expectNext(Credentials.of("AK", "SK")).verifyComplete();
  }

  @Test
  void temporaryKeys_areRead() {
    variables.put("VOLCENGINE_ACCESS_KEY", "AK");
    variables.put("VOLCENGINE_SECRET_KEY", "SK");
    variables.put("VOLCENGINE_SESSION_TOKEN", "token");

    StepVerifier.create(provider.resolve())
        .expectNext(Credentials.of("AK", "SK", "token"))
        .verifyComplete();
  }

  @Test
  void noVariable_namesBoth() {
    expectReason("environment: neither VOLCENGINE_ACCESS_KEY nor VOLCENGINE_SECRET_KEY is set");
  }

  @Test
  void oneVariable_namesTheMissingOne() {
    variables.put("VOLCENGINE_ACCESS_KEY", "AK");
    expectReason("environment: VOLCENGINE_ACCESS_KEY is set, but VOLCENGINE_SECRET_KEY is not");

    variables.clear();
    variables.put("VOLCENGINE_SECRET_KEY", "SK");
    expectReason("environment: VOLCENGINE_SECRET_KEY is set, but VOLCENGINE_ACCESS_KEY is not");
  }

  @Test
  void keyWithLineEnd_isRejectedWithoutShowingIt() {
    variables.put("VOLCENGINE_ACCESS_KEY", "AK");
    variables.put("VOLCENGINE_SECRET_KEY", "very-secret\n");

    expectReason(
        "environment: secretAccessKey must be printable ASCII without spaces; check for a stray"
            + " line end");
  }

  @Test
  void eachSubscription_readsTheVariables() {
    var resolve = provider.resolve();
    StepVerifier.create(resolve).verifyError(EcsException.class);

    variables.put("VOLCENGINE_ACCESS_KEY", "AK");
    variables.put("VOLCENGINE_SECRET_KEY", "SK");

    StepVerifier.create(resolve).expectNextCount(1).verifyComplete();
  }

  private void expectReason(String reason) {
    StepVerifier.create(provider.resolve())
        .verifyErrorSatisfies(
            error ->
                assertThat(error)
                    .asInstanceOf(type(EcsException.class))
                    .returns(ClientErrors.CREDENTIALS_UNAVAILABLE, EcsException::errorCode)
                    .returns(Delivery.NOT_SENT, EcsException::delivery)
                    .returns(reason, EcsException::detail));
  }
}
