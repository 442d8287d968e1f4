package io.fleetstop.credentials;

import static io.fleetstop.credentials.FakeSts.ASKER;
import static io.fleetstop.credentials.FakeSts.TRN;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import reactor.core.publisher.Mono;

/**
 * Calls every service that issues credentials, with success and failure, for {@link
 * SourceSecrecyTest}.
 */
final class TracedSources {

  private TracedSources() {}

  public static void main(String[] arguments) throws Exception {
    Path token = Files.writeString(Path.of(arguments[0]), FakeSts.OIDC_TOKEN);
    try (FakeSts sts = new FakeSts(Clock.systemUTC());
        FakeMetadata metadata = new FakeMetadata()) {
      AssumeRoleOptions role =
          AssumeRoleOptions.builder(TRN)
              .endpoint(sts.start())
              .timeout(Reasons.PATIENCE)
              .maxAttempts(1)
              .build();
      EcsRoleOptions instance = Reasons.patient(metadata).maxAttempts(1).build();
      CredentialsProvider asker = CredentialsProvider.fixed(ASKER);
      CredentialsProvider stranger =
          CredentialsProvider.fixed(Credentials.of("AKLTasker", "asker-secret-2", "asker-token"));

      ask(CredentialsProvider.assumeRole(asker, role), true);
      ask(CredentialsProvider.assumeRole(stranger, role), false);
      ask(CredentialsProvider.assumeRoleWithOidc(token, role), true);
      ask(CredentialsProvider.ecsRole(instance), true);
      for (String body : new String[] {"{\"SecretAccessKey\": \"role-secret-7\"", "{}", ""}) {
        sts.next(200, body);
        ask(CredentialsProvider.assumeRole(asker, role), false);
        sts.next(500, body);
        ask(CredentialsProvider.assumeRoleWithOidc(token, role), false);
      }
    }
    System.out.println("DONE");
  }

  private static void ask(CredentialsProvider source, boolean succeeds) {
    boolean succeeded =
        Boolean.TRUE.equals(
            source
                .resolve()
                .doOnNext(credentials -> System.out.println(credentials + " " + source))
                .map(credentials -> true)
                .doOnError(Throwable::printStackTrace)
                .onErrorResume(failure -> Mono.just(false))
                .block(Reasons.PATIENCE));
    if (succeeded != succeeds) {
      throw new AssertionError("a source was expected to " + (succeeds ? "succeed" : "fail"));
    }
  }
}
