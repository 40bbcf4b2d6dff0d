// Package onnx writes networks as ONNX models, which onnxruntime and many other programs run.
package onnx
