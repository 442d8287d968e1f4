package app;

import io.fleetstop.spring.RetryFilter;
import io.fleetstop.spring.SigningFilter;
import java.time.Duration;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.ApplicationRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;

@Configuration
class Filtered {

  @Bean
  ApplicationRunner describe(
      ObjectProvider<RetryFilter> retry,
      ObjectProvider<SigningFilter> signing,
      @Value("${fleetstop.endpoint}") String endpoint) {
    return args ->
        retry.ifAvailable(
            filter -> {
              String body =
                  WebClient.builder()
                      .baseUrl(endpoint)
                      .filter(filter)
                      .filter(signing.getObject())
                      .build()
                      .get()
                      .uri("/?Action=DescribeInstances&Version=2020-04-01&MaxResults=1")
                      .retrieve()
                      .bodyToMono(String.class)
                      .block(Duration.ofSeconds(30));
              System.out.println("described " + body.contains("RequestId"));
            });
  }

  /** The application's own server has to answer, too: it needs the Netty that its Reactor knows. */
  @Bean
  ApplicationRunner serve(Environment environment) {
    return args -> {
      String body =
          WebClient.create("http://127.0.0.1:" + environment.getProperty("local.server.port"))
              .get()
              .uri("/outcomes")
              .retrieve()
              .bodyToMono(String.class)
              .block(Duration.ofSeconds(30));
      System.out.println("served " + body.contains("ok"));
    };
  }

  @RestController
  static class Served {

    @GetMapping("/outcomes")
    Flux<String> outcomes() {
      return Flux.just("ok");
    }
  }
}
