package io.fleetstop.spring;

import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.EcsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextRefreshedEvent;
import reactor.core.publisher.Mono;

/**
 * Resolves the credentials once when the application has started, and warns if there are none. The
 * start neither waits for it nor fails: a source may become available later.
 */
final class CredentialsCheck implements ApplicationListener<ContextRefreshedEvent> {

  private static final Logger LOG = LoggerFactory.getLogger(CredentialsCheck.class);

  private final CredentialsProvider credentials;

  CredentialsCheck(CredentialsProvider credentials) {
    this.credentials = credentials;
  }

  @Override
  public void onApplicationEvent(ContextRefreshedEvent event) {
    Mono.defer(credentials::resolve) // an error that it throws must not fail the start
        .switchIfEmpty(Mono.error(CredentialsCheck::none))
        .subscribe(found -> {}, CredentialsCheck::warn);
  }

  private static EcsException none() {
    return CredentialsProvider.notConfigured("the provider completed without credentials");
  }

  private static void warn(Throwable failure) {
    LOG.warn(
        "No credentials were found, and calls of fleetstop will fail. Sources: {}. Set"
            + " fleetstop.credentials.*, the variables of the official tools, or a bean of type"
            + " CredentialsProvider",
        reason(failure));
  }

  /** The type alone of another error: the message of the application's source may hold anything. */
  private static String reason(Throwable failure) {
    return failure instanceof EcsException ours
        ? ours.reason()
        : failure.getClass().getSimpleName();
  }
}
