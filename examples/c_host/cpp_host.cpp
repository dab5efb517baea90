// A host in C++: a network that frees itself, errors as exceptions, threads that share it.
//
// Usage: cpp_host MODEL      any network with one input and one output
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "fkb.h"

namespace {

void check(int code, const fkb_error &error) {
    if (code != 0) throw std::runtime_error(error.message);
}

// What one thread needs.
class Workspace {
  public:
    Workspace() : handle_(fkb_workspace_new(), fkb_workspace_free) {}
    fkb_workspace *get() const { return handle_.get(); }

  private:
    std::unique_ptr<fkb_workspace, decltype(&fkb_workspace_free)> handle_;
};

// Read-only while predicting: one network serves all threads.
class Network {
  public:
    explicit Network(const std::string &path) : handle_(nullptr, fkb_network_free) {
        fkb_network *loaded = nullptr;
        fkb_error error{};
        check(fkb_network_load(path.c_str(), 0, &loaded, &error), error);
        handle_.reset(loaded);
    }

    // Values of a sample at input (false) or output (true) 0.
    int64_t features(bool is_output) const {
        int64_t shape[FKB_MAX_RANK];
        const int rank = fkb_network_shape(handle_.get(), is_output ? 1 : 0, 0, shape);
        int64_t n = 1;
        for (int i = 1; i < rank; ++i) n *= shape[i];
        return n;
    }

    // outputs = network(inputs), sample after sample.
    void predict(const double *inputs, double *outputs, int64_t samples, Workspace &work) const {
        const fkb_array x = describe(const_cast<double *>(inputs), samples, features(false));
        const fkb_array y = describe(outputs, samples, features(true));
        fkb_error error{};
        check(fkb_predict(handle_.get(), work.get(), 1, &x, 1, &y, 0, &error), error);
    }

  private:
    static fkb_array describe(double *data, int64_t samples, int64_t features) {
        fkb_array array{};
        array.data = data;
        array.bytes = sizeof(double);
        array.rank = 2;
        array.shape[0] = samples;
        array.shape[1] = features;
        return array;
    }

    std::unique_ptr<fkb_network, decltype(&fkb_network_free)> handle_;
};

void run(const std::string &path) {
    const Network network(path);
    const int64_t n_in = network.features(false), n_out = network.features(true), samples = 4096;
    std::vector<double> x(n_in * samples), alone(n_out * samples), shared(n_out * samples);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(0.1 * static_cast<double>(i));

    const int64_t chunk = samples / 2;
    Workspace work;
    for (int64_t first = 0; first < samples; first += chunk)
        network.predict(&x[first * n_in], &alone[first * n_out], chunk, work);

    std::vector<std::string> problems(2);
    std::vector<std::thread> threads;
    for (int64_t t = 0; t < 2; ++t) {
        threads.emplace_back([&, t] {
            try {
                Workspace mine;
                network.predict(&x[t * chunk * n_in], &shared[t * chunk * n_out], chunk, mine);
            } catch (const std::exception &problem) {
                problems[static_cast<std::size_t>(t)] = problem.what();
            }
        });
    }
    for (std::thread &thread : threads) thread.join();
    for (const std::string &problem : problems)
        if (!problem.empty()) throw std::runtime_error(problem);
    if (!std::equal(alone.begin(), alone.end(), shared.begin()))
        throw std::runtime_error("threads give other answers");
    std::printf("%lld values in, %lld out, %lld samples on 2 threads: the same bits as on one\n",
                static_cast<long long>(n_in), static_cast<long long>(n_out),
                static_cast<long long>(samples));
}

}  // namespace

int main(int argc, char **argv) {
    try {
        run(argc > 1 ? argv[1] : "no such file.fkb");
    } catch (const std::exception &problem) {
        std::fprintf(stderr, "%s\n", problem.what());
        return 1;
    }
    return 0;
}
