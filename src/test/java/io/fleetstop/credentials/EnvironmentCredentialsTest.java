package io.fleetstop.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
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
    expect(
        ClientErrors.CREDENTIALS_NOT_CONFIGURED,
        "environment: neither VOLCENGINE_ACCESS_KEY nor VOLCENGINE_SECRET_KEY is set");
  }

  @Test
  void oneVariable_namesTheMissingOne() {
    variables.put("VOLCENGINE_ACCESS_KEY", "AK");
    String remedy = "; set it, or unset the other to use another source";
    expectReason(
        "environment: VOLCENGINE_ACCESS_KEY is set, but VOLCENGINE_SECRET_KEY is not" + remedy);

    variables.clear();
    variables.put("VOLCENGINE_SECRET_KEY", "SK");
    expectReason(
        "environment: VOLCENGINE_SECRET_KEY is set, but VOLCENGINE_ACCESS_KEY is not" + remedy);
  }

  @Test
  void keyWithLineEnd_isRejectedWithoutShowingIt() {
    variables.put("VOLCENGINE_ACCESS_KEY", "AK");
    variables.put("VOLCENGINE_SECRET_KEY", "very-secret\n");

    expectReason(
        "environment: VOLCENGINE_SECRET_KEY must be printable ASCII without spaces, but its last"
            + " character is a line feed; set it without");
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
    expect(ClientErrors.CREDENTIALS_UNAVAILABLE, reason);
  }

  private void expect(ErrorCode code, String reason) {
    StepVerifier.create(provider.resolve())
        .verifyErrorSatisfies(
            error ->
                assertThat(error)
                    .asInstanceOf(type(EcsException.class))
                    .returns(code, EcsException::errorCode)
                    .returns(Delivery.NOT_SENT, EcsException::delivery)
                    .returns(reason, EcsException::detail));
  }
}
