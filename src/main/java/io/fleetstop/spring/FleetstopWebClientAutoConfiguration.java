package io.fleetstop.spring;

import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.sign.RequestSigner;
import java.util.Objects;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Auto-configures the filters {@code fleetstopRetryFilter} and {@code fleetstopSigningFilter} if
 * Spring WebFlux is on the class path and {@code fleetstop.region} is set. They sign for ECS at
 * {@code fleetstop.endpoint} and share the client's credentials, retry policy and rate limiters.
 * The application adds them to the {@code WebClient} of its choice.
 */
@Conditional(JacksonCondition.class)
@AutoConfiguration(after = FleetstopAutoConfiguration.class)
@ConditionalOnClass(WebClient.class)
@ConditionalOnProperty("fleetstop.region")
public final class FleetstopWebClientAutoConfiguration {

  private static final String ECS = "ecs";

  /** Instantiated by Spring. */
  public FleetstopWebClientAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean
  RetryFilter fleetstopRetryFilter(
      FleetstopProperties properties, RetryPolicy policy, RateLimiterRegistry limiters) {
    return RetryFilter.builder()
        .policy(policy)
        .limiters(limiters, properties.account(), region(properties))
        .build();
  }

  @Bean
  @ConditionalOnMissingBean
  SigningFilter fleetstopSigningFilter(
      FleetstopProperties properties, CredentialsProvider credentials) {
    RequestSigner signer = RequestSigner.of(region(properties), ECS);
    return SigningFilter.builder(properties.endpointFor(region(properties)), signer, credentials)
        .build();
  }

  private static String region(FleetstopProperties properties) {
    return Objects.requireNonNull(properties.region(), "fleetstop.region");
  }
}
