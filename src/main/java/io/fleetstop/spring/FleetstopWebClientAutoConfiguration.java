package io.fleetstop.spring;

import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.sign.RequestSigner;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.env.Environment;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Auto-configures the filters {@code fleetstopRetryFilter} and {@code fleetstopSigningFilter} if
 * Spring WebFlux is on the class path and a region is set. They sign for ECS at {@code
 * fleetstop.endpoint} and share the client's credentials, retry policy and rate limiters. The
 * application adds them to the {@code WebClient} of its choice.
 */
@Conditional({JacksonCondition.class, RegionLookup.IsSet.class})
@AutoConfiguration(after = FleetstopAutoConfiguration.class)
@ConditionalOnClass(WebClient.class)
public final class FleetstopWebClientAutoConfiguration {

  private static final String ECS = "ecs";

  /** Instantiated by Spring. */
  public FleetstopWebClientAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean
  RetryFilter fleetstopRetryFilter(
      FleetstopProperties properties,
      RetryPolicy policy,
      RateLimiterRegistry limiters,
      Environment environment) {
    return RetryFilter.builder()
        .policy(policy)
        .limiters(limiters, properties.account(), RegionLookup.require(environment))
        .build();
  }

  @Bean
  @ConditionalOnMissingBean
  SigningFilter fleetstopSigningFilter(
      FleetstopProperties properties, CredentialsProvider credentials, Environment environment) {
    String region = RegionLookup.require(environment);
    RequestSigner signer = RequestSigner.of(region, ECS);
    return SigningFilter.builder(properties.endpointFor(region), signer, credentials).build();
  }
}
