package io.fleetstop.spring;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.web.reactive.config.WebFluxConfigurer;

/**
 * Auto-configures responses of a WebFlux application: a controller's {@code Flux<ShutdownOutcome>}
 * ends with a line that states why the run ended, and malformed instance ids are status 400.
 */
@Conditional(JacksonCondition.class)
@AutoConfiguration(after = FleetstopAutoConfiguration.class)
@ConditionalOnClass(WebFluxConfigurer.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
public final class FleetstopWebFluxAutoConfiguration {

  /** Instantiated by Spring. */
  public FleetstopWebFluxAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean(name = "fleetstopWebFluxConfigurer")
  WebFluxConfigurer fleetstopWebFluxConfigurer(ObjectProvider<FleetDrain> drains) {
    return new WebFluxConfigurer() {
      @Override
      public void configureHttpMessageCodecs(ServerCodecConfigurer configurer) {
        configurer
            .customCodecs()
            .register(
                new OutcomeStreamWriter(() -> drains.stream().anyMatch(FleetDrain::isStopping)));
      }
    };
  }

  @Bean
  @ConditionalOnMissingBean
  InvalidInstanceIdsAdvice fleetstopInvalidInstanceIdsAdvice() {
    return new InvalidInstanceIdsAdvice();
  }
}
